function sortTables() {
  for (const table of document.querySelectorAll("table.sortable")) {
    const number = text => {
      const m = text.match(/-?[\d.]+/);
      return m ? parseFloat(m[0]) : NaN;
    };
    const seconds = text => {
      const m = text.match(/^(\d+):(\d\d) min$/);
      return m ? 60 * m[1] + +m[2] : number(text);
    };
    table.tHead.querySelectorAll("th").forEach((head, column) => head.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      table.tHead.querySelectorAll("th").forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const value = row => row.cells[column].textContent;
      const rows = [...table.tBodies[0].rows].sort((a, b) => {
        const [x, y] = [seconds(value(a)), seconds(value(b))];
        const order = column === 0 || isNaN(x) || isNaN(y) ?
            value(a).localeCompare(value(b), "en", {numeric: true}) :
            x - y;
        return down ? -order : order;
      });
      table.tBodies[0].append(...rows);
    }));
  }
}
sortTables();
