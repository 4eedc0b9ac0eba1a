/** Words of the page in the reader's language: a table of JSON for each, in languages/. */

import { make } from "./dom.js";

const KEPT = "affuse-language";
const USUAL = "en";

let table = {};

/** The sentence of a key, with its {places} filled in. */
export function t(key, values = {}) {
  return (table[key] ?? key).replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

/** The language of the page, as numbers and dates are to be written. */
export const language = () => document.documentElement.lang;

/** A format for download; one of another package as it calls itself. */
export const formatName = ({ name, label }) => table[`format.${name}`] ?? label;

/** An emotion in the reader's language; one that the table does not know as the recogniser calls it. */
export const emotionName = (emotion) => table[`emotion.${emotion}`] ?? emotion;

/** A value of a server's sentence: a sentence itself, several, or a figure as its name says. */
function value(name, given) {
  if (Array.isArray(given)) return given.map((one) => value("", one)).join(t("message.and"));
  if (given?.code) return phrase(given.code, given);
  if (name === "emotion") return emotionName(given);
  if (name === "modality") return t(`modality.${given}`);
  if (typeof given !== "number") return given;
  if (name.endsWith("_share")) return `${Math.round(100 * given)} %`;
  const digits = name.endsWith("_s") ? { maximumFractionDigits: 1 } : { maximumSignificantDigits: 4 };
  return given.toLocaleString(language(), Number.isInteger(given) ? {} : digits);
}

/** Whether the table has a sentence of the server. */
export const known = (message) => Object.hasOwn(table, `message.${message?.code}`);

/** A sentence of the server in the reader's language, by its code; as it is in English where the table does not know it. */
export function phrase(words, message) {
  if (!known(message)) return words;
  const values = Object.entries(message.values).map(([name, given]) => [name, value(name, given)]);
  return t(`message.${message.code}`, Object.fromEntries(values));
}

/** As the beginning of a sentence. */
export const capital = (words) => words.charAt(0).toLocaleUpperCase(language()) + words.slice(1);

const MARKS = /\*\*(.+?)\*\*|`(.+?)`|\[(.+?)\]\((.+?)\)/g;

/** A sentence as nodes: **strong**, `code` and [links](#about) are all that a table may mark. */
export function rich(key, values) {
  const sentence = t(key, values);
  const nodes = [];
  let reached = 0;
  for (const { 0: whole, 1: strong, 2: code, 3: words, 4: href, index } of sentence.matchAll(MARKS)) {
    nodes.push(sentence.slice(reached, index));
    if (strong) nodes.push(make("strong", {}, strong));
    else if (code) nodes.push(make("code", {}, code));
    else nodes.push(make("a", href.startsWith("http") ? { href, rel: "noreferrer" } : { href }, words));
    reached = index + whole.length;
  }
  return [...nodes, sentence.slice(reached)];
}

/** Put the words into what the page is made of: data-text for the content, data-text-NAME for attributes. */
export function fill(values) {
  for (const element of document.querySelectorAll("[data-text]")) {
    element.replaceChildren(...rich(element.dataset.text, values));
  }
  for (const name of ["aria-label", "content"]) {
    for (const element of document.querySelectorAll(`[data-text-${name}]`)) {
      element.setAttribute(name, t(element.getAttribute(`data-text-${name}`), values));
    }
  }
}

/** What this browser keeps of a choice; where it may keep nothing, the address does. */
function kept() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return new URLSearchParams(location.search).get("language");
  }
}

function keep(code) {
  try {
    localStorage.setItem(KEPT, code);
    location.reload();
  } catch {
    location.search = new URLSearchParams({ language: code });
  }
}

/** The language that somebody has chosen here, else the first of the browser's that there is. */
function chosen(languages) {
  const wanted = [kept(), ...navigator.languages.map((one) => one.split("-")[0].toLowerCase()), USUAL];
  return wanted.find((one) => Object.hasOwn(languages, one));
}

/** Load a table of `languages`, {code: name}, and offer the others. */
export async function begin(languages) {
  const own = chosen(languages);
  table = await (await fetch(new URL(`./languages/${own}.json`, import.meta.url))).json();
  document.documentElement.lang = own;
  const select = document.getElementById("language");
  select.replaceChildren(...Object.entries(languages).map(([code, name]) =>
    make("option", { value: code, lang: code, selected: code === own }, name)));
  select.addEventListener("change", () => keep(select.value));
}
