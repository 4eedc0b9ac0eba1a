/** What an answer rests on: chance, voice and face as a sum, and the moments that tell most. */

import { byId, make, tell } from "./dom.js";
import { emotionName, phrase, t } from "./text.js";
import { clock, decimal, percent } from "./words.js";

const WHO = ["audio", "video"];
const who = (key) => t(`modality.${key}`);
const points = (share) => decimal(100 * share);
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
  const rows = [step(t("figures.chance"), "chance", 0, chance, points(chance))];
  let reached = chance;
  for (const [key, share] of Object.entries(contributions)) {
    rows.push(step(who(key), key, reached, share, `${share <= -0.0005 ? "−" : "+"}${points(Math.abs(share))}`));
    reached += share;
  }
  rows.push(step(t("modality.fused"), "fused", 0, reached, points(reached)));
  const head = [t("sum.from"), t("sum.share"), t("sum.points")].map((name, place) =>
    make("th", { scope: "col", ...(place === 1 ? { "aria-hidden": "true" } : {}) }, name));
  return [make("caption", {}, t("sum.caption", { emotion: emotionName(emotion), points: points(reached) })),
    make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows)];
}

function moment(key, { emotion, moments }, picture, seek) {
  if (!moments[key]) return make("li", {}, t(`telling.none.${key}`));
  const { start_s: start, end_s: end, probability, without, against } = moments[key];
  const named = emotionName(emotion);
  const when = t("time.span", { from: clock(start, true), to: clock(end, true) });
  const than = without === null ? "" : `, ${t("telling.without", { share: percent(without) })}`;
  const face = key === "video" && picture
    ? [make("img", { src: picture, alt: t("telling.face", { time: clock(start, true) }), width: "72", height: "72" })] : [];
  return make("li", {}, ...face, make("span", {},
    make("b", {}, t(`telling.${against ? "against" : "for"}`, { who: who(key), emotion: named })), make("br"),
    make("button", { type: "button", class: "small", onclick: () => seek(start),
      "aria-label": t("telling.go", { when, who: who(key) }) }, when),
    ` ${named} ${percent(probability)}${than}`));
}

/** How far the recording is from training; empty where that is not known. */
function nearness({ familiarity = {} }) {
  const shares = WHO.filter((key) => key in familiarity).map((key) =>
    t("nearness", { who: who(key), share: percent(familiarity[key]) }));
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
  tell(byId("explanation-words"), known ? "" : `${phrase(explanation.reason, explanation.reason_message)}.`);
  tell(byId("nearness"), nearness(prediction));
  byId("moments").replaceChildren(...WHO
    .filter((key) => key in { ...explanation.contributions, ...explanation.moments })
    .map((key) => moment(key, explanation, picture, seek)));
}
