import { section } from "./frame.ts";
import { type Html, html } from "./html.ts";
import { walkHtml } from "./walk.ts";
import { HEALTHY_WAYS, type HealthyWay } from "./ways.ts";

/** How Docker's networks carry a packet, mode by mode, for whoever wants to understand what the report is about. */
export function teachingHtml(): Html {
  return section(
    "ways",
    "How packets go",
    html`<p>What a packet passes in each network mode where all is well. These were followed on another host, with Engine 28.5.2: names and addresses are that host's. <code>npm run trace -- FROM TO</code> follows one on this host.</p>
${HEALTHY_WAYS.map(wayHtml)}`,
  );
}

function wayHtml({ id, title, says, walk }: HealthyWay): Html {
  return html`<details class="fold" id="way-${id}"><summary>${title}</summary><p>${says}</p>${walk === null ? null : walkHtml(walk)}</details>`;
}
