// Updates the live parts of a page. Without this script a page shows the state when it was loaded.
"use strict";

const announcer = document.querySelector("[data-announcer]");
const state = document.querySelector("[data-live-state]");

for (const part of document.querySelectorAll("[data-live]")) {
  watch(part);
}

function watch(part) {
  const events = new EventSource(part.dataset.live);
  let headline = headlineOf(part);
  events.addEventListener("open", () => showState("Live: the figures update automatically.", false));
  events.addEventListener("snapshot", (event) => {
    const fresh = document.createElement("template");
    fresh.innerHTML = event.data;
    updateChildren(part, fresh.content);
    showState("Live: the figures update automatically.", false);
    if (headlineOf(part) !== headline) {
      headline = headlineOf(part);
      document.title = `${headline} · Crossfade`;
      if (announcer) announcer.textContent = headline;
    }
  });
  events.addEventListener("lost", (event) => {
    showState(`The database does not answer (${event.data}); the figures are old.`, true);
  });
  events.addEventListener("error", () => {
    if (events.readyState === EventSource.CLOSED) {
      showState("The figures are old: this page is no longer live. Load it again.", true);
    } else {
      showState("The dashboard does not answer; the figures are old. Retrying.", true);
    }
  });
  window.addEventListener("pagehide", () => events.close());
}

// Changes only the nodes that differ, so that focus, selection and scroll positions are kept.
function updateChildren(old, fresh) {
  const before = [...old.childNodes];
  const after = [...fresh.childNodes];
  after.forEach((node, number) => {
    if (number < before.length) updateNode(before[number], node);
    else old.append(node);
  });
  for (const node of before.slice(after.length)) node.remove();
}

function updateNode(old, fresh) {
  if (old.nodeName !== fresh.nodeName) {
    old.replaceWith(fresh);
  } else if (old instanceof Element) {
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name)) old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    updateChildren(old, fresh);
  } else if (old.data !== fresh.data) {
    old.data = fresh.data;
  }
}

function headlineOf(part) {
  const element = part.querySelector("[data-headline]");
  return element ? element.textContent : "";
}

function showState(text, isOld) {
  document.body.classList.toggle("old", isOld);
  if (state && state.textContent !== text) state.textContent = text;
}
