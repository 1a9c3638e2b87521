// Follows a study that runs: what changed is fetched anew, and the reader stays where they are.
new EventSource("/events" + location.search).addEventListener("change", async () => {
  try {
    const answer = await fetch(location.href);
    if (!answer.ok) return;
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    const [x, y] = [scrollX, scrollY];
    document.body.replaceChildren(...[...next.body.children].filter((e) => e.tagName !== "SCRIPT"));
    window.sortTables?.();
    scrollTo(x, y);
  } catch {
    // The next change tries again.
  }
});
