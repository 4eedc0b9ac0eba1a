"use strict";
// Sorting by any column; without this script the table is already in order of UAR.
for (const button of document.querySelectorAll("table.sortable button.sort")) {
  button.addEventListener("click", () => {
    const head = button.closest("th");
    const column = head.cellIndex;
    const body = head.closest("table").tBodies[0];
    const numeric = head.classList.contains("number");
    const before = head.getAttribute("aria-sort");
    const falling = before ? before === "ascending" : numeric;
    for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", falling ? "descending" : "ascending");
    const value = (row) => row.cells[column].textContent.trim();
    const order = numeric
      ? (a, b) => (parseFloat(value(a)) || 0) - (parseFloat(value(b)) || 0)
      : (a, b) => value(a).localeCompare(value(b));
    const rows = [...body.rows].sort(order);
    body.append(...(falling ? rows.reverse() : rows));
  });
}
// What is folded away on the screen is on the paper.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
