import { sameValue } from "../../configuration/effective.ts";
import { isNetworkKey, NETWORK_KEYS } from "../../configuration/keys/index.ts";
import type { History } from "../../model/history.ts";
import type { ConfigurationFileReport, ConfiguredKeyReport, Results } from "../../model/results.ts";
import { moment } from "../summary-lines.ts";
import { type Html, html, requirementLinks, table } from "./html.ts";

/** The networking keys: what is asked for and since when, what is in force, and which requirements of this run saw it. */
export function configurationHtml({ configurationKeys, configurationFile, requirements, history }: Results): Html {
  if (configurationKeys === undefined) return html``;
  return html`<section id="configuration" aria-labelledby="configuration-title"><h2 id="configuration-title">Configuration</h2>
${configurationFile === undefined || configurationFile === null ? html`<p>The host's daemon.json could not be read.</p>` : fileHtml(configurationFile)}
${table(
  "Networking keys",
  ["key", "asked for", "by", "since", "in force", "observed by"],
  Object.entries(configurationKeys).map(([key, told]) => [
    html`<code>${key}</code>`,
    "claimed" in told ? value(told.claimed) : "not set",
    told.origin === "default" ? "the default" : told.origin,
    history === undefined || history.runs.length < 2 ? null : sinceHtml(history, key),
    inForce(key, told),
    observedBy(key, requirements),
  ]),
)}</section>`;
}

/** Since when it is asked for so, as far as the engine's runs know. */
function sinceHtml({ keysSince, runs }: History, key: string): Html | null {
  const { seenSince = runs[0]?.startedAt, otherwiseAt = null } = keysSince?.[key] ?? {};
  if (keysSince === undefined || seenSince === undefined) return null;
  return otherwiseAt === null
    ? html`${moment(seenSince)} or before`
    : html`${moment(seenSince)}<br><small>otherwise at ${moment(otherwiseAt)}</small>`;
}

/** By devices, files and packets: not by what the engine says. */
function observedBy(key: string, requirements: Results["requirements"]): Html | null {
  if (!isNetworkKey(key)) return null;
  const ids: readonly string[] = NETWORK_KEYS[key].observedBy;
  const judged = requirements.filter(
    ({ id, verdict }) => ids.includes(id) && (verdict === "pass" || verdict === "fail"),
  );
  return judged.length === 0
    ? null
    : html`${judged.map(({ id, verdict }) => html`<span class="mark ${verdict}">${verdict === "pass" ? "✓" : "✗"}</span> ${requirementLinks([id])} `)}`;
}

function fileHtml({ path, present, modifiedAt, dockerdStartedAt, problems }: ConfigurationFileReport): Html {
  const when = modifiedAt === null ? "" : `, last written ${moment(modifiedAt)}`;
  const since = dockerdStartedAt === null ? "" : `; dockerd runs since ${moment(dockerdStartedAt)}`;
  return html`<p>${present ? `${path}${when}` : `No ${path}`}${since}.</p>
${problems.length === 0 ? null : html`<ul>${problems.map(({ key, line, column, message }) => html`<li>${key === null ? null : html`<code>${key}</code>, `}line ${line}, column ${column}: ${message}</li>`)}</ul>`}`;
}

function inForce(key: string, told: ConfiguredKeyReport): Html {
  if (!("effective" in told)) return html`the engine does not tell`;
  const words = told.effective === null ? html`none` : value(told.effective);
  const differs = "claimed" in told && isNetworkKey(key) && !sameValue(key, told.claimed, told.effective);
  return differs ? html`<b class="worse">${words}</b>, otherwise than asked for` : words;
}

function value(of: unknown): Html {
  return html`<code>${JSON.stringify(of) ?? ""}</code>`;
}
