(() => {
  const byId = (id) => document.getElementById(id);
  const table = byId("matrix");
  if (!table) return;
  table.addEventListener("click", (event) => {
    const cell = event.target.closest("td");
    if (cell?.dataset.href) location.href = cell.dataset.href;
    else if (cell?.dataset.pair) labelfix.showPair(cell.dataset.pair);
  });
  if (!byId("matrix-controls")) return;
  const head = table.tHead.rows[0];
  const body = table.tBodies[0];
  const lines = Array.from(body.rows, (row, place) => ({
    row,
    title: row.cells[0].textContent,
    cells: Array.from(row.cells),
    together: place,
    name: Number(row.dataset.name),
    noise: Number(row.dataset.noise),
  }));
  const titles = Array.from(head.cells);
  const sort = () => {
    const by = byId("matrix-sort").value;
    const order = [...lines].sort((a, b) => a[by] - b[by]).map((line) => line.together);
    const arranged = (cells) => [cells[0], ...order.map((place) => cells[place + 1]),
      ...cells.slice(lines.length + 1)];
    head.replaceChildren(...arranged(titles));
    for (const line of lines) line.row.replaceChildren(...arranged(line.cells));
    body.replaceChildren(...order.map((place) => lines[place].row));
  };
  const zoom = () => {
    const side = Number(byId("matrix-zoom").value);
    table.style.setProperty("--cell", `${side}px`);
    table.classList.toggle("without-numbers", side < 15);
  };
  byId("matrix-sort").addEventListener("change", sort);
  byId("matrix-zoom").addEventListener("input", zoom);
  byId("matrix-controls").addEventListener("submit", (event) => event.preventDefault());
  table.addEventListener("mouseover", (event) => {
    const cell = event.target.closest("td");
    if (!cell || cell.matches(".corner, .other")) return;
    const given = head.cells[cell.cellIndex].textContent;
    const share = cell.textContent.trim();
    byId("matrix-cell").textContent =
      `${cell.parentElement.cells[0].textContent} labelled ${given}: ${share ? `${share} %` : "under 0.5 %"}`;
    for (const old of table.querySelectorAll(".at")) old.classList.remove("at");
    cell.parentElement.cells[0].classList.add("at");
    head.cells[cell.cellIndex].classList.add("at");
  });
  sort();
  zoom();
})();
