/** Experiments of the server's folder, with their reports. */

import * as api from "./api.js";
import { byId, make } from "./dom.js";

const HEAD = ["Run", "Made", "Clips", "Best system", "UAR"];

function row(run) {
  const name = run.report ? make("a", { href: run.report }, run.title || run.name) : run.title || run.name;
  const best = run.best ? [run.best.system, (100 * run.best.uar).toFixed(1)] : ["–", "–"];
  const made = run.created ? new Date(run.created).toLocaleDateString() : "–";
  return make("tr", {}, make("th", { scope: "row" }, name),
    ...[made, String(run.n_clips ?? "–"), ...best].map((text) => make("td", {}, text)));
}

function table(found) {
  const head = make("tr", {}, ...HEAD.map((name) => make("th", { scope: "col" }, name)));
  return make("div", { class: "card scroll", tabindex: "0", role: "region", "aria-label": "Table of runs" },
    make("table", { class: "runs" }, make("thead", {}, head), make("tbody", {}, ...found.map(row))));
}

/** Look anew, each time that the view opens. */
export async function showRuns() {
  const place = byId("runs");
  try {
    const found = await api.runs();
    place.replaceChildren(found.length ? table(found) : make("p", { class: "card" },
      "There are none yet. Make one with ", make("code", {}, "affuse run DATA"),
      ", or name another folder: ", make("code", {}, "affuse serve --runs DIR"), "."));
  } catch (error) {
    place.replaceChildren(make("p", { class: "notice bad" }, error.message));
  }
}
