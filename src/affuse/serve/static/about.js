/** How good the bundle is, as its manifest says, with what the figures rest on. */

import { byId, make } from "./dom.js";
import { language, t } from "./text.js";
import { decimal } from "./words.js";

const COLUMNS = ["system", "protocol", "uar", "accuracy", "chance", "clips", "speakers"];
const percents = (share) => (share === null ? "–" : decimal(100 * share));

function cells(figures) {
  const { uar, uar_low: low, uar_high: high } = figures;
  const interval = low === null || high === null ? "" : ` (${percents(low)}–${percents(high)})`;
  const leak = figures.leak ? `; ${t("figures.leak", { leak: figures.leak })}` : "";
  return [`${figures.protocol}${leak}`, `${percents(uar)}${interval}`, percents(figures.accuracy), percents(figures.chance),
    figures.n_clips.toLocaleString(language()), figures.n_speakers || t("figures.unknown")];
}

export function showFigures(all) {
  if (!all.length) {
    byId("figures").replaceChildren(make("caption", {}, t("figures.none")));
    return;
  }
  const head = COLUMNS.map((name) => make("th", { scope: "col" }, t(`figures.${name}`)));
  const rows = all.map((figures) => make("tr", {}, make("th", { scope: "row" }, figures.system),
    ...cells(figures).map((text) => make("td", {}, text))));
  byId("figures").replaceChildren(make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows));
}
