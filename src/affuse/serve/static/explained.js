/** What an answer rests on: chance, voice and face as a sum, and the moments that tell most. */

import { byId, make, tell } from "./dom.js";
import { clock, percent } from "./words.js";

const WHO = { audio: "Voice", video: "Face" };
const points = (share) => (100 * share).toFixed(1);
const within = (share) => Math.min(Math.max(share, 0), 1);

/** One step of the sum: its bar lies from where the steps before it have come to. */
function step(name, key, from, size, figure) {
  const fill = make("span", { class: `step ${key}` });
  const [low, high] = [within(Math.min(from, from + size)), within(Math.max(from, from + size))];
  fill.style.setProperty("--from", low.toFixed(4));
  fill.style.setProperty("--size", (high - low).toFixed(4));
  return make("tr", {}, make("th", { scope: "row" }, name),
    make("td", { class: "steps", "aria-hidden": "true" }, make("span", { class: "track" }, fill)),
    make("td", { class: "figure" }, figure));
}

function sum({ emotion, chance, contributions }) {
  const rows = [step("Chance", "chance", 0, chance, points(chance))];
  let reached = chance;
  for (const [key, share] of Object.entries(contributions)) {
    rows.push(step(WHO[key], key, reached, share, `${share <= -0.0005 ? "−" : "+"}${points(Math.abs(share))}`));
    reached += share;
  }
  rows.push(step("Together", "fused", 0, reached, points(reached)));
  const head = ["From", "Share", "Points"].map((name, place) =>
    make("th", { scope: "col", ...(place === 1 ? { "aria-hidden": "true" } : {}) }, name));
  return [make("caption", {}, `How ${emotion} comes to ${points(reached)} %`),
    make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows)];
}

function moment(key, { emotion, moments }, picture, seek) {
  if (!moments[key]) return make("li", {}, `No moment of the ${WHO[key].toLowerCase()} stands out.`);
  const { start_s: start, end_s: end, probability, without, against } = moments[key];
  const way = against ? "against" : "for";
  const when = `${clock(start, true)} to ${clock(end, true)}`;
  const than = without === null ? "" : `, without it ${percent(without)}`;
  const face = key === "video" && picture
    ? [make("img", { src: picture, alt: `The face at ${clock(start, true)}`, width: "72", height: "72" })] : [];
  return make("li", {}, ...face, make("span", {},
    make("b", {}, `${WHO[key]} tells most ${way} ${emotion}`), make("br"),
    make("button", { type: "button", class: "small", onclick: () => seek(start),
      "aria-label": `Go to ${when}, where the ${WHO[key].toLowerCase()} tells most` }, when),
    ` ${emotion} ${percent(probability)}${than}`));
}

/** How far the recording is from training; empty where that is not known. */
function nearness({ familiarity = {} }) {
  const shares = Object.keys(WHO).filter((key) => key in familiarity).map((key) =>
    `${WHO[key]}: nearer to training than ${percent(familiarity[key])} of clips kept apart from it.`);
  return shares.join(" ");
}

/** Show what `prediction` rests on; hidden where it does not say. `seek` takes a time. */
export function showExplanation(prediction, picture, seek) {
  const { explanation } = prediction;
  byId("explanation").hidden = !explanation?.emotion;
  if (!explanation?.emotion) return;
  const known = Object.keys(explanation.contributions).length > 0;
  byId("sum").hidden = !known;
  byId("sum").replaceChildren(...(known ? sum(explanation) : []));
  tell(byId("explanation-words"), known ? "" : `${explanation.reason}.`);
  tell(byId("nearness"), nearness(prediction));
  byId("moments").replaceChildren(...Object.keys(WHO)
    .filter((key) => key in { ...explanation.contributions, ...explanation.moments })
    .map((key) => moment(key, explanation, picture, seek)));
}
