// Appends the next lines of a transcript before the reader reaches its end. Without scripts, links do.
"use strict";

{
  const later = document.getElementById("later");
  const lines = document.querySelector(".lines");
  const shownTo = document.getElementById("shown-to");
  const AHEAD_PIXELS = 1500;

  const appendLines = async () => {
    const from = Number(later.dataset.from);
    const answer = await fetch(`${later.dataset.lines}?from=${from}`);
    if (!answer.ok || answer.redirected) throw new Error("no lines");
    const more = document.createElement("template");
    more.innerHTML = await answer.text();
    const count = more.content.querySelectorAll("li").length;
    lines.append(more.content);
    shownTo.textContent = (from + count).toLocaleString("en");
    later.dataset.from = String(from + count);
    later.href = later.href.replace(/from=\d+/, `from=${from + count}`);
    return count > 0 && from + count < Number(later.dataset.total);
  };

  if (later && later.dataset.lines) {
    let isBusy = false;
    const watcher = new IntersectionObserver(async (entries) => {
      if (isBusy || !entries.some((entry) => entry.isIntersecting)) return;
      isBusy = true;
      try {
        if (await appendLines()) {
          watcher.unobserve(later);
          watcher.observe(later);
        } else {
          watcher.disconnect();
          later.parentElement.remove();
        }
      } catch {
        watcher.disconnect();
      } finally {
        isBusy = false;
      }
    }, { rootMargin: `0px 0px ${AHEAD_PIXELS}px` });
    watcher.observe(later);
  }
}
