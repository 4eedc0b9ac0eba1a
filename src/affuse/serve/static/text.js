/** Words of the page in the reader's language: a table of JSON for each, in /static/languages. */

import { make } from "./dom.js";

let table = {};

/** The sentence of a key, with its {places} filled in. */
export function t(key, values = {}) {
  return (table[key] ?? key).replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

/** An emotion in the reader's language; one that the table does not know as the recogniser calls it. */
export const emotionName = (emotion) => table[`emotion.${emotion}`] ?? emotion;

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
function fill(root) {
  for (const element of root.querySelectorAll("[data-text]")) element.replaceChildren(...rich(element.dataset.text));
  for (const name of ["aria-label", "title", "content"]) {
    for (const element of root.querySelectorAll(`[data-text-${name}]`)) {
      element.setAttribute(name, t(element.getAttribute(`data-text-${name}`)));
    }
  }
}

export async function begin(language = "en") {
  table = await (await fetch(`/static/languages/${language}.json`)).json();
  document.documentElement.lang = language;
  fill(document);
}
