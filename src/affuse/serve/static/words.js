/** Numbers and segments in words. */

import { differ, top } from "./moments.js";
import { emotionName, language, phrase, t } from "./text.js";

export const percent = (share) => `${Math.round(100 * share)} %`;

/** 0:02.4 with tenths, 0:02 without; hours where there are any. */
export function clock(seconds, tenths = false) {
  const steps = Math.floor(seconds * 10 + 1e-6);
  const whole = Math.floor(steps / 10);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const front = hours ? `${hours}:${String(minutes).padStart(2, "0")}` : `${minutes}`;
  const rest = String(whole % 60).padStart(2, "0");
  return `${front}:${rest}${tenths ? `.${steps % 10}` : ""}`;
}

/** 1 min 5 s. */
export function span(seconds) {
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes >= 60) return [`${Math.floor(minutes / 60)} h`, minutes % 60 ? `${minutes % 60} min` : ""].join(" ").trim();
  return [minutes ? `${minutes} min` : "", whole % 60 || !minutes ? `${whole % 60} s` : ""].join(" ").trim();
}

/** A number with so many digits after the point, as the reader's language writes it. */
export const decimal = (value, digits = 1) =>
  value.toLocaleString(language(), { minimumFractionDigits: digits, maximumFractionDigits: digits });

export function bytes(count) {
  const units = [t("unit.bytes"), "kB", "MB", "GB", "TB"];
  const place = Math.min(Math.floor(Math.log10(Math.max(count, 1)) / 3), units.length - 1);
  return `${Number((count / 1000 ** place).toPrecision(3)).toLocaleString(language())} ${units[place]}`;
}

/** "happy, 72 %" of a modality, or what there is instead. */
export function saidBy(moment, modality) {
  const best = top(moment.probabilities[modality]);
  if (best) return `${emotionName(best[0])}, ${percent(best[1])}`;
  return t(`said.no.${modality}`);
}

export function fusedWords(moment) {
  if (moment.emotion) return `${emotionName(moment.emotion)}, ${percent(moment.confidence)}`;
  return moment.abstained ? t("undecided.why", { why: phrase(moment.abstained, moment.abstained_message) }) : t("undecided");
}

/** The emotions among which the true one is, where the recogniser tells and there are several. */
export function setWords(moment) {
  return moment.set && moment.set.length > 1 ? ` ${t("set", { emotions: moment.set.map(emotionName).join(", ") })}` : "";
}

/** One sentence about a moment, for whoever listens. */
export function sentence(moment) {
  const ways = t("sentence", { both: fusedWords(moment), voice: saidBy(moment, "audio"), face: saidBy(moment, "video") });
  return differ(moment) ? `${ways}; ${t("differ.long")}` : ways;
}
