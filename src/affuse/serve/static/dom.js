/** Small helpers for elements: text goes in as text, so nothing that a server says becomes markup. */

export const byId = (id) => document.getElementById(id);

/** An element; attributes that are functions become listeners (`onclick`), true and false switch. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Show a sentence in an element that is hidden while it has none. */
export function tell(element, sentence) {
  element.textContent = sentence;
  element.hidden = !sentence;
}

/** Say something to screen readers. */
export function announce(sentence) {
  byId("announcer").textContent = sentence;
}
