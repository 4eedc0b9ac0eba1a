/** Words of the page in the reader's language: a table of JSON for each, in /static/languages. */

let table = {};

/** The sentence of a key, with its {places} filled in. */
export function t(key, values = {}) {
  return (table[key] ?? key).replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

export async function begin(language = "en") {
  table = await (await fetch(`/static/languages/${language}.json`)).json();
  document.documentElement.lang = language;
}
