import { sameValue } from "../../configuration/effective.ts";
import { isNetworkKey } from "../../configuration/keys/index.ts";
import type { ConfigurationFileReport, ConfiguredKeyReport, Results } from "../../model/results.ts";
import { moment } from "../summary-lines.ts";
import { type Html, html, requirementLinks, table } from "./html.ts";

/** The networking keys: what is asked for, what is in force, and by which requirements of this run that was seen. */
export function configurationHtml({ configurationKeys, configurationFile, requirements }: Results): Html {
  if (configurationKeys === undefined) return html``;
  const seenBy = (key: string) =>
    requirements
      .filter(
        ({ verdict, tags }) =>
          (verdict === "pass" || verdict === "fail") && tags.some((tag) => tag.split(":")[0] === key),
      )
      .map(({ id }) => id);
  return html`<section id="configuration" aria-labelledby="configuration-title"><h2 id="configuration-title">Configuration</h2>
${configurationFile === undefined || configurationFile === null ? html`<p>The host's daemon.json could not be read.</p>` : fileHtml(configurationFile)}
${table(
  "Networking keys",
  ["key", "asked for", "by", "in force", "observed by"],
  Object.entries(configurationKeys).map(([key, told]) => [
    html`<code>${key}</code>`,
    "claimed" in told ? value(told.claimed) : "not set",
    told.origin === "default" ? "the default" : told.origin,
    inForce(key, told),
    requirementLinks(seenBy(key)),
  ]),
)}</section>`;
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
