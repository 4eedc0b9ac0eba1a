/** Experiments of the server's folder, with their reports. */

import * as api from "./api.js";
import { byId, make } from "./dom.js";
import { language, rich, t } from "./text.js";
import { decimal } from "./words.js";

const HEAD = ["run", "made", "clips", "best", "uar"];

function row(run) {
  const name = run.report ? make("a", { href: run.report }, run.title || run.name) : run.title || run.name;
  const best = run.best ? [run.best.system, decimal(100 * run.best.uar)] : ["–", "–"];
  const made = run.created ? new Date(run.created).toLocaleDateString(language()) : "–";
  return make("tr", {}, make("th", { scope: "row" }, name),
    ...[made, String(run.n_clips ?? "–"), ...best].map((text) => make("td", {}, text)));
}

function table(found) {
  const head = make("tr", {}, ...HEAD.map((name) => make("th", { scope: "col" }, t(`runs.${name}`))));
  return make("div", { class: "card scroll", tabindex: "0", role: "region", "aria-label": t("runs.table") },
    make("table", { class: "runs" }, make("thead", {}, head), make("tbody", {}, ...found.map(row))));
}

let asked = 0;

/** Look anew, each time that the view opens; the last answer counts. */
export async function showRuns() {
  const place = byId("runs");
  const own = asked += 1;
  try {
    const found = await api.runs();
    if (own !== asked) return;
    place.replaceChildren(found.length ? table(found) : make("p", { class: "card" }, ...rich("runs.none")));
  } catch (error) {
    if (own === asked) place.replaceChildren(make("p", { class: "notice bad" }, error.message));
  }
}
