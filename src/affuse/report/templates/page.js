"use strict";
// Sorting by any column, over both parts of a table of which the rest is folded away; without this
// script the table is already in order of its figure.
for (const button of document.querySelectorAll("table.sortable button.sort")) {
  button.addEventListener("click", () => {
    const head = button.closest("th");
    const column = head.cellIndex;
    const tables = [...head.closest(".ranked").querySelectorAll("table")];
    const numeric = head.classList.contains("number") || head.classList.contains("strong");
    const before = head.getAttribute("aria-sort");
    const falling = before ? before === "ascending" : numeric;
    for (const other of tables.flatMap((table) => [...table.tHead.rows[0].cells])) {
      other.removeAttribute("aria-sort");
      if (other.cellIndex === column) other.setAttribute("aria-sort", falling ? "descending" : "ascending");
    }
    const value = (row) => row.cells[column].textContent.trim();
    const order = numeric
      ? (a, b) => (parseFloat(value(a)) || 0) - (parseFloat(value(b)) || 0)
      : (a, b) => value(a).localeCompare(value(b));
    const rows = tables.flatMap((table) => [...table.tBodies[0].rows]).sort(order);
    if (falling) rows.reverse();
    const counts = tables.map((table) => table.tBodies[0].rows.length);
    for (const [number, table] of tables.entries()) table.tBodies[0].append(...rows.splice(0, counts[number]));
  });
}
// What is folded away on the screen is on the paper, and folded again afterwards.
let folded = [];
addEventListener("beforeprint", () => {
  folded.push(...document.querySelectorAll("details:not([open])"));
  for (const part of folded) part.open = true;
});
addEventListener("afterprint", () => {
  for (const part of folded) part.open = false;
  folded = [];
});
