// Keeps the page fresh: asks for its own changing part and puts it in place when it differs. The server answers
// at once when anything changed and otherwise after a moment, so this neither lags nor hurries.
(() => {
  const live = document.getElementById("live");
  const status = document.getElementById("status");
  let tag = live.dataset.tag;
  let shownText = "";
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const shown = () => new Promise((done) => {
    if (!document.hidden) return done();
    document.addEventListener("visibilitychange", () => done(), { once: true });
  });
  const busy = () => {
    const selection = document.getSelection();
    return selection && !selection.isCollapsed && live.contains(selection.anchorNode);
  };
  const put = (text) => {
    const open = new Map([...live.querySelectorAll("details[id]")].map((d) => [d.id, d.open]));
    const held = document.activeElement && live.contains(document.activeElement) ? document.activeElement.id : "";
    live.innerHTML = text;
    for (const d of live.querySelectorAll("details[id]")) if (open.has(d.id)) d.open = open.get(d.id);
    if (held) document.getElementById(held)?.focus({ preventScroll: true });
    status.textContent = live.querySelector("[data-status]")?.dataset.status ?? "";
  };
  const run = async () => {
    for (;;) {
      await shown();
      try {
        const answer = await fetch(location.href, { headers: { "x-fragment": "1", "if-none-match": tag } });
        if (answer.status === 200 && !busy()) {
          const text = await answer.text();
          if (text !== shownText) put(text);
          shownText = text;
          tag = answer.headers.get("etag");
        }
        await pause(answer.status === 304 ? 300 : 700);
      } catch {
        await pause(3000); // The stack is restarting, most likely.
      }
    }
  };
  run();
})();
