// Runs in the reader's browser, in the very bytes that stand here: no build step, types by JSDoc and tsconfig.json.
// What comes from a host is put in as text only, never as HTML.

/** @typedef {import("../packed.ts").TranscriptEntry} TranscriptEntry */
/** @typedef {import("../packed.ts").PackedEvidence} PackedEvidence */

/** @type {Promise<PackedEvidence> | undefined} */
let unpacked;

/** The packed transcripts, unpacked at the first question for one. */
function evidence() {
  unpacked ??= unpack();
  return unpacked;
}

/** @returns {Promise<PackedEvidence>} */
async function unpack() {
  const base64 = document.getElementById("evidence")?.textContent ?? "";
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return await new Response(stream).json();
}

/**
 * @param {string} tag
 * @param {string} name
 * @param {string} text
 */
function element(tag, name, text) {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

/** @param {TranscriptEntry} entry */
function probe({ role, vantage, command, ending, stdout, stderr }) {
  const made = element("div", "probe", "");
  const at = element("p", "at", `${vantage}: ${ending}`);
  if (role !== "") at.prepend(element("b", "", role), " ");
  made.append(at, element("pre", "asked", command));
  if (stdout !== "") made.append(element("pre", "", stdout));
  if (stderr !== "") made.append(element("pre", "err", stderr));
  return made;
}

/** @param {HTMLDetailsElement} folded */
async function fill(folded) {
  if (!folded.open || folded.dataset.filled === "yes") return;
  folded.dataset.filled = "yes";
  try {
    const entries = (await evidence())[folded.dataset.of ?? ""] ?? [];
    folded.querySelector(".without-script")?.replaceWith(...entries.map(probe));
  } catch (error) {
    folded.append(element("p", "", `It could not be unpacked (${error}); all of it is in results.json.`));
  }
}

/** Turns to a tab. @param {HTMLElement} tab */
function choose(tab) {
  const box = tab.parentElement?.querySelector(`input[value="${tab.dataset.tab}"]`);
  if (box instanceof HTMLInputElement) box.checked = true;
}

/** Opens what a permalink leads to, and all that it lies in. */
function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  if (target === null) return;
  // A permalink leads to its requirement, whatever is filtered.
  for (let part = /** @type {Element | null} */ (target); part !== null; part = part.parentElement) {
    if (part instanceof HTMLDetailsElement) part.open = true;
    if (part instanceof HTMLElement && part.dataset.tab !== undefined) choose(part);
    if (part instanceof HTMLElement && part.closest("#chapters") !== null) part.hidden = false;
  }
  target.scrollIntoView();
}

/**
 * Shows one of a requirement's questions, unpacked where it has to be.
 * @param {Element} requirement
 * @param {number} index
 */
async function showQuestion(requirement, index) {
  const folded = requirement.querySelector("details.evidence");
  let probe = requirement.querySelectorAll(".transcript > .probe")[index];
  if (probe === undefined && folded instanceof HTMLDetailsElement) {
    folded.open = true;
    await fill(folded);
    probe = folded.querySelectorAll(".probe")[index];
  }
  if (probe === undefined) return;
  for (const shown of document.querySelectorAll(".probe.asked-for")) shown.classList.remove("asked-for");
  probe.classList.add("asked-for");
  probe.scrollIntoView({ block: "center" });
}

const form = /** @type {HTMLFormElement | null} */ (document.getElementById("filter"));
const find = /** @type {HTMLInputElement | null} */ (document.getElementById("find"));

/** @type {Map<Element, string> | undefined} */
let read;

/** What a requirement is found by: its own words, not those of its transcript. Read at the first search. */
function texts() {
  read ??= new Map([...document.querySelectorAll("#chapters .req")].map((one) => [one, ownText(one)]));
  return read;
}

/** @param {Element} requirement */
function ownText(requirement) {
  const own = [...requirement.childNodes].filter((part) => !(part instanceof Element && part.matches(".evidence")));
  return own
    .map((part) => part.textContent ?? "")
    .join(" ")
    .toLowerCase();
}

/** Shows the requirements with these verdicts that hold each word, and keeps the search in the address. */
function filter() {
  if (form === null || find === null) return;
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = new Set(new FormData(form).getAll("verdict"));
  const boxes = form.querySelectorAll("input[name=verdict]").length;
  const narrowed = words.length > 0 || shown.size < boxes;
  let count = 0;
  for (const [one, text] of texts()) {
    if (!(one instanceof HTMLElement)) continue;
    const fits = shown.has(one.dataset.verdict ?? "") && words.every((word) => text.includes(word));
    one.hidden = !fits;
    if (fits) count++;
  }
  for (const chapter of document.querySelectorAll("details.chapter")) {
    if (!(chapter instanceof HTMLDetailsElement)) continue;
    const any = chapter.querySelector(".req:not([hidden])") !== null;
    chapter.hidden = !any;
    chapter.open = narrowed && any;
  }
  const found = document.getElementById("found");
  if (found !== null) found.textContent = narrowed ? `${count} of ${texts().size} requirements` : "";
  const asked = new URLSearchParams();
  if (find.value !== "") asked.set("find", find.value);
  if (shown.size < boxes) asked.set("show", [...shown].join(","));
  const hash = asked.size === 0 ? "" : `#${asked}`;
  history.replaceState(null, "", `${location.pathname}${location.search}${hash}`);
}

/** Takes a search out of the address; whether there was one. */
function searchFromAddress() {
  const asked = new URLSearchParams(location.hash.slice(1));
  if (form === null || find === null || !(asked.has("find") || asked.has("show"))) return false;
  find.value = asked.get("find") ?? "";
  const shown = asked.get("show")?.split(",");
  for (const box of form.querySelectorAll("input[name=verdict]"))
    if (box instanceof HTMLInputElement) box.checked = shown === undefined || shown.includes(box.value);
  filter();
  form.scrollIntoView();
  return true;
}

/** @param {HTMLButtonElement} button */
async function copy(button) {
  const pre = button.parentElement?.querySelector("pre");
  const text = pre?.textContent ?? "";
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    // A file's page may have no clipboard: the command is selected, and the reader's own keys copy it.
    if (pre) getSelection()?.selectAllChildren(pre);
    button.textContent = "Selected";
  }
  setTimeout(() => {
    button.textContent = "Copy";
  }, 2000);
}

function follow() {
  if (!searchFromAddress()) openTarget();
}

for (const button of document.querySelectorAll("button.copy"))
  if (button instanceof HTMLButtonElement) {
    button.hidden = false;
    button.addEventListener("click", () => void copy(button));
  }
for (const folded of document.querySelectorAll("details.evidence"))
  if (folded instanceof HTMLDetailsElement) folded.addEventListener("toggle", () => void fill(folded));
for (const cell of document.querySelectorAll("a[data-question]"))
  cell.addEventListener("click", (event) => {
    const target = document.getElementById(cell.getAttribute("href")?.slice(1) ?? "");
    if (target === null || !(cell instanceof HTMLElement)) return;
    event.preventDefault();
    history.pushState(null, "", cell.getAttribute("href"));
    openTarget();
    void showQuestion(target, Number(cell.dataset.question));
  });
for (const grid of document.querySelectorAll("svg[data-columns]"))
  grid.addEventListener("pointermove", (event) => {
    const at = document.getElementById("at");
    if (at === null || !(grid instanceof SVGElement) || !(event instanceof PointerEvent)) return;
    const { columns = "", left = "0", cell = "1" } = grid.dataset;
    const index = Math.floor((event.clientX - grid.getBoundingClientRect().left - Number(left)) / Number(cell));
    const row = event.target instanceof Element ? event.target.closest("a")?.querySelector("title")?.textContent : null;
    const kind = event.target instanceof SVGPathElement ? event.target.getAttribute("class") : "";
    const id = columns.split(" ")[index] ?? "";
    at.textContent = row ? `${row} × ${id}: ${kind}` : id;
  });
if (form !== null) {
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
}
document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLInputElement;
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  find?.focus();
});
addEventListener("hashchange", follow);
follow();
