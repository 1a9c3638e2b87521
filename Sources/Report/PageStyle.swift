/// The look of a page, and the few lines of script that sort its table.
enum PageStyle {
  static let css = """
    :root { color-scheme: light dark; --paper: #ffffff; --ink: #1b1b1b; --soft: #555555; --line: #e4e4e4; --answer: #eef5fb; --warning: #fdf0e6 }
    @media (prefers-color-scheme: dark) {
      :root { --paper: #16181c; --ink: #ececec; --soft: #a8acb3; --line: #33373d; --answer: #16293a; --warning: #3a2415 }
    }
    body { font: 15px/1.5 system-ui, "Helvetica Neue", Arial, sans-serif; color: var(--ink); background: var(--paper); max-width: 66rem; margin: 2rem auto; padding: 0 1rem }
    h1 { font-size: 1.5rem; margin-bottom: .3rem } h2 { font-size: 1.1rem; margin-top: 2rem }
    .answer { background: var(--answer); border-left: 4px solid #0072B2; padding: .7rem 1rem }
    .warning { background: var(--warning); border-left: 4px solid #D55E00; padding: .7rem 1rem }
    .wide { overflow-x: auto } table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 14px }
    th, td { text-align: right; padding: .25rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap }
    th:first-child, td:first-child { text-align: left } tr.recommended { background: var(--answer); font-weight: 600 }
    th button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer }
    th[aria-sort] button::after { content: " ▴" } th[aria-sort=descending] button::after { content: " ▾" }
    svg { width: 100%; height: auto } dl { display: grid; grid-template-columns: max-content auto; gap: .1rem 1rem; font-size: 14px }
    dt { color: var(--soft) } dd { margin: 0 }
    .matrices { display: flex; flex-wrap: wrap; gap: 1rem 2rem } caption { text-align: left; font-weight: 600 }
    .confusion tbody td { background: color-mix(in srgb, #0072B2 calc(var(--share) * 45%), transparent) }
    .mistakes { font-size: 14px } .mistakes li { margin-bottom: .5rem } .mistakes q { color: var(--soft); overflow-wrap: anywhere }
    @media print { body { margin: 0; max-width: none } h2 { break-after: avoid } svg, table { break-inside: avoid } }
    """

  /// A whole document.
  static func document(title: String, css more: String = "", body: String) -> String {
    """
    <!doctype html>
    <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(escape(title))</title>
    <style>\(css)\n\(more)</style></head><body>
    \(body)
    </body></html>

    """
  }

  static let script = """
    function sortTables() {
      for (const table of document.querySelectorAll("table.sortable")) {
        const number = text => { const m = text.match(/-?[\\d.]+/); return m ? parseFloat(m[0]) : NaN };
        const seconds = text => { const m = text.match(/^(\\d+):(\\d\\d) min$/); return m ? 60 * m[1] + +m[2] : number(text) };
        table.tHead.querySelectorAll("th").forEach((head, column) => head.addEventListener("click", () => {
          const down = head.getAttribute("aria-sort") === "ascending";
          table.tHead.querySelectorAll("th").forEach(other => other.removeAttribute("aria-sort"));
          head.setAttribute("aria-sort", down ? "descending" : "ascending");
          const value = row => row.cells[column].textContent;
          const rows = [...table.tBodies[0].rows].sort((a, b) => {
            const [x, y] = [seconds(value(a)), seconds(value(b))];
            const order = column === 0 || isNaN(x) || isNaN(y) ? value(a).localeCompare(value(b), "en", { numeric: true }) : x - y;
            return down ? -order : order;
          });
          table.tBodies[0].append(...rows);
        }));
      }
    }
    sortTables();
    """
}
