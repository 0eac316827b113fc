import type { Card } from "../../model/cause.ts";
import type { LivingMap, State } from "../../model/living-map.ts";
import type { Results } from "../../model/results.ts";
import { type Subject, subjectKey } from "../../model/subject.ts";
import { type JudgedBy, thingKey } from "../judged-things.ts";
import { countOf } from "../plain-text.ts";
import { type SuiteSite, suiteSites } from "../suite-sites.ts";
import { chapterFragment } from "./chapters.ts";
import { section } from "./frame.ts";
import { type Html, html, requirementLinks } from "./html.ts";
import { type Judged, mapHtml, thingLink } from "./map.ts";

/** The host as a map: what runs there, and on a tab of its own what the suites made. Nothing where neither is known. */
export function mapsHtml(results: Results): Html {
  const sites = suiteSites(results);
  const living =
    results.living === undefined ? null : livingHtml(results.living, judgedLiving(results.requirements), results.cards);
  if (sites.length === 0) return living === null ? html`` : section("living", "What runs here", living);
  if (living === null) return section("living", "What the suites made", sitesHtml(sites));
  return section(
    "living",
    "The host as a map",
    html`<div class="tabs"><fieldset><legend>Show</legend><label><input type="radio" name="map" value="living" checked> what runs here</label> <label><input type="radio" name="map" value="sites"> what the suites made</label></fieldset>
<div class="tab" data-tab="living"><h3>What runs here</h3>${living}</div>
<div class="tab" data-tab="sites"><h3>What the suites made</h3>${sitesHtml(sites)}</div></div>`,
  );
}

/** Tells the fragments of the living host's map from those of the suites'. */
const HOST = "host";

/**
 * What ran on a host when it was looked at.
 * @param cards causes of the run's failures: what they are about is broken, whatever its own rows say
 */
export function livingHtml(own: LivingMap, judged: Judged, cards: readonly Card[] = []): Html {
  const known = cards.filter(({ certainty }) => certainty !== "guessed");
  const living = breaksOf(own, new Set(known.flatMap(({ subjects }) => subjects.map(subjectKey))));
  const containers = living.networks.flatMap((network) => network.containers);
  const broken = [...containers, ...living.stopped].filter(({ state }) => state === "broken");
  const networks = living.networks.filter(({ state }) => state === "broken");
  const links = [
    ...networks.map(({ name }) => thingLink(HOST, "network", name)),
    ...[...new Set(broken.map(({ name }) => name))].map((name) => thingLink(HOST, "container", name)),
  ];
  const running = new Set(containers.map(({ name }) => name));
  return html`<p>${countOf(running.size, "running container")} on ${countOf(living.networks.length, "network")}, when it was looked at. ${links.length === 0 ? wholeText(cards) : html`<b class="worse">Broken: ${links.map((link, index) => [index === 0 ? "" : ", ", link])}.</b>`}</p>
${mapHtml(living, HOST, judged)}`;
}

/** The causes of a run may lie in the host, and strike all of them. */
function wholeText(cards: readonly Card[]): string {
  return cards.length === 0
    ? "Nothing of theirs is broken."
    : "None of them is broken by itself; what the causes above say may strike them as well.";
}

/** The map with what causes are about in red. */
function breaksOf(living: LivingMap, broken: ReadonlySet<string>): LivingMap {
  const stateOf = <T extends { readonly name: string; readonly state: State }>(
    kind: "network" | "container",
    one: T,
  ): T => (broken.has(subjectKey({ kind, name: one.name })) ? { ...one, state: "broken" } : one);
  return {
    ...living,
    networks: living.networks.map((network) =>
      stateOf("network", {
        ...network,
        containers: network.containers.map((container) => stateOf("container", container)),
      }),
    ),
  };
}

function sitesHtml(sites: readonly SuiteSite[]): Html {
  return html`<p>Each suite makes containers and networks of its own, asks them, and removes them. Red is what the cause of a failure names, and both ends of a question that came out otherwise than expected; where neither is known, all that the failure asked.</p>
${sites.map(siteHtml)}`;
}

function siteHtml(site: SuiteSite): Html {
  const { suite, map, judged } = site;
  const containers = new Set(map.networks.flatMap((network) => network.containers.map(({ name }) => name)));
  const wrong = [...judged].filter(([, { failed }]) => failed.length > 0).length;
  return html`<details class="fold"${wrong > 0 ? html` open` : null}><summary>${suite}: ${countOf(containers.size, "container")} on ${countOf(map.networks.length, "network")}${wrong > 0 ? html`, <b class="worse">something failed</b>` : null}</summary>
${mapHtml(map, `site-${suite}`, (kind, name) => judgedBy(judged.get(thingKey(kind, name))))}</details>`;
}

function judgedBy(by: JudgedBy | undefined): Html | null {
  if (by === undefined) return null;
  const { failed, others } = by;
  const comma = failed.length > 0 && others.length > 0 ? ", " : "";
  return html`${failed.length === 0 ? null : html`<b class="worse">failed: </b>${requirementLinks(failed)}`}${comma}${requirementLinks(others)}`;
}

/** The suite that judges what runs on the host. */
const LIVING = "workloads";

/** What failed for a thing of the living host, and how much was judged for all of it. */
function judgedLiving(requirements: Results["requirements"]): Judged {
  const failed = new Map<string, string[]>();
  for (const { id, verdict, about = [] } of requirements)
    for (const { subject } of verdict === "fail" ? about : [])
      for (const thing of thingsOf(subject)) {
        const ids = failed.get(thing) ?? [];
        if (!ids.includes(id)) failed.set(thing, [...ids, id]);
      }
  const passed = requirements.filter(({ suite, verdict }) => suite === LIVING && verdict === "pass").length;
  const others =
    passed === 0
      ? null
      : html`<a href="#${chapterFragment(LIVING)}">${countOf(passed, "requirement")}</a>, passed for all that runs here`;
  return (kind, name) => {
    const ids = failed.get(thingKey(kind, name));
    return ids === undefined
      ? others
      : html`${judgedBy({ failed: ids, others: [] })}${others === null ? null : html`; ${others}`}`;
  };
}

/** As the map names what a requirement is about. */
function thingsOf(subject: Subject): string[] {
  if (subject.kind === "container" || subject.kind === "network") return [thingKey(subject.kind, subject.name)];
  return subject.kind === "host" ? [] : [thingKey("container", subject.container)];
}
