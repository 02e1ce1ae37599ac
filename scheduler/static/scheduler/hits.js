/* What becomes of a visit that gives way is said in its row, also when it is unfolded and something else is chosen; a time that is typed is
   chosen. Without script the page says it when it is looked at again. */
"use strict";

(() => {
  function say(row) {
    const chosen = row.querySelector("input[type=radio]:checked"), said = row.querySelector("summary .choice");
    if (!chosen) return;
    const parts = Array.from(chosen.closest("label").querySelectorAll(".what, .cost"), one => one.cloneNode(true));
    if (chosen.value === "other") {
      const when = Array.from(row.querySelectorAll(".other input:not([type=radio])"), one => one.value).filter(Boolean);
      const time = document.createElement("strong");
      time.className = "num";
      time.textContent = when.map(each => each.split("-").reverse().join(".")).join(", ");
      parts[0].append(" ", time);
    }
    said.textContent = "";
    said.append(...parts);
  }

  function changed(event) {
    const row = event.target.closest("[data-hit]");
    if (!row || !event.target.name) return;
    if (event.target.type !== "radio" && event.target.value) row.querySelector("input[value=other]").checked = true;
    say(row);
  }

  document.addEventListener("input", changed);
  addEventListener("pageshow", () => document.querySelectorAll("[data-hit]").forEach(say));  // a browser that goes back puts in what was chosen
})();
