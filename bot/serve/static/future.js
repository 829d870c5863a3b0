"use strict";
// Asks again when a slider was moved and rests; without this script the button does.
(() => {
  const form = document.getElementById("sliders");
  const answer = document.getElementById("answer");
  const REST_MS = 250;
  let asking = null;
  let waiting = 0;

  document.getElementById("ask").hidden = true;

  function query() {
    const told = new URLSearchParams();
    for (const input of form.elements) {
      if (input.name && input.value !== "" && !(input.type === "range" && input.value === "0")) {
        told.set(input.name, input.value);
      }
    }
    return told.toString();
  }

  function say(input) {
    const words = JSON.parse(input.dataset.words)[Number(input.value)];
    document.getElementById(input.id + "-words").textContent = words;
    input.setAttribute("aria-valuetext", words);
  }

  function sentence(text) {
    const line = document.createElement("p");
    line.className = "fault";
    line.textContent = text;
    answer.replaceChildren(line);
  }

  async function ask() {
    const told = query();
    if (asking) asking.abort();
    const mine = (asking = new AbortController());
    answer.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(location.pathname + "/answer?" + told, { signal: mine.signal });
      const text = await response.text();
      if (response.status === 401) {
        location.reload();
        return;
      }
      const found = new DOMParser().parseFromString(text, "text/html");
      if (response.ok) {
        answer.replaceChildren(...found.body.childNodes);
        const head = answer.querySelector(".headline");
        document.getElementById("heard").textContent = head ? head.textContent : "";
        history.replaceState(null, "", location.pathname + (told ? "?" + told : ""));
      } else {
        const fault = found.querySelector("main p");
        sentence(fault ? fault.textContent : "This could not be answered.");
      }
    } catch (problem) {
      if (problem.name !== "AbortError") sentence("gemba serve does not answer any more.");
    } finally {
      if (asking === mine) answer.setAttribute("aria-busy", "false");
    }
  }

  form.addEventListener("input", (event) => {
    say(event.target);
    clearTimeout(waiting);
    waiting = setTimeout(ask, REST_MS);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
})();
