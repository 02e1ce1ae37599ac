/* What a guide's pages do beyond what they do without a script. Nothing newer than Chrome 80 knows.

   form[method=post] in main   is sent without leaving the page: where it cannot be sent, #unsent says so beside it and nothing is lost
   data-step="1"               a button that changes the number beside it
   data-worker="address"       on our own script element: the service worker that keeps today's tours for when there is no network */
(function () {
  "use strict";
  var PATIENCE = 20000; // milliseconds
  var worker = document.currentScript.dataset.worker;

  function each(selector, act, root) { Array.prototype.forEach.call((root || document).querySelectorAll(selector), act); }

  /* --- How many came ---------------------------------------------------------------------------------------------------- */
  function prepare() { each("[data-step]", function (button) { button.hidden = false; }); }
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-step]");
    if (!button) return;
    var field = button.parentNode.querySelector("input");
    field.value = Math.max(0, (parseInt(field.value, 10) || 0) + Number(button.dataset.step));
  });

  /* --- Sending ---------------------------------------------------------------------------------------------------------- */
  function unsent(form) {
    var note = document.getElementById("unsent");
    if (!note) return;
    note.hidden = true;
    form.appendChild(note); // beside the button that was pressed
    note.hidden = false;
  }
  function show(text, address) {
    var page = new DOMParser().parseFromString(text, "text/html"), main = document.getElementById("main"), next = page.getElementById("main");
    if (!next) return false;
    main.parentNode.replaceChild(document.importNode(next, true), main);
    document.title = page.title;
    if (address) history.replaceState(null, "", address);
    prepare();
    var wrong = document.querySelector("main [aria-invalid=true]");
    if (wrong) { wrong.focus(); return true; }
    main = document.getElementById("main");
    main.tabIndex = -1;
    main.focus({ preventScroll: true });
    window.scrollTo(0, 0);
    return true;
  }
  function send(form) {
    var giveUp = new AbortController(), timer = setTimeout(function () { giveUp.abort(); }, PATIENCE);
    var asked = { method: "POST", body: new URLSearchParams(new FormData(form)), credentials: "same-origin", signal: giveUp.signal };
    var note = document.getElementById("unsent");
    if (note) note.hidden = true;
    busy(form, true);
    fetch(form.action, asked).then(function (answer) {
      return answer.text().then(function (text) {
        if (answer.redirected && new URL(answer.url).pathname.indexOf("/accounts/") === 0) { location.assign(answer.url); return; }
        if (answer.status >= 500 || !show(text, answer.redirected ? answer.url : "")) throw new Error(String(answer.status));
        keep();
      });
    }).catch(function () {
      busy(form, false);
      unsent(form);
    }).then(function () { clearTimeout(timer); });
  }
  function busy(form, is) {
    if (is) form.setAttribute("aria-busy", "true"); else form.removeAttribute("aria-busy");
    each("button", function (button) { button.disabled = is; }, form);
  }
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post") return;
    if (form.closest("main")) { event.preventDefault(); send(form); }
    else if (/\/logout\/$/.test(form.getAttribute("action"))) { event.preventDefault(); leave(form); }
  });

  /* --- Without a network ------------------------------------------------------------------------------------------------ */
  function keep() {
    if (!worker || !navigator.serviceWorker) return;
    var here = location.origin + "/", shell = performance.getEntriesByType("resource").map(function (one) { return one.name; });
    shell = shell.filter(function (address) { return address.indexOf(here) === 0 && /\.(css|woff2|svg)(\?|$)/.test(address); });
    navigator.serviceWorker.ready.then(function (found) { found.active.postMessage({ keep: shell }); });
  }
  function leave(form) { // the answer says the same by Clear-Site-Data, which old browsers do not know
    var forgotten = window.caches ? caches.keys().then(function (names) {
      return Promise.all(names.map(function (name) { return caches.delete(name); }));
    }) : Promise.resolve();
    function go() { form.submit(); }
    forgotten.then(go, go);
  }
  if (worker && navigator.serviceWorker) {
    navigator.serviceWorker.register(worker).then(function () {
      if (document.readyState === "complete") keep(); else addEventListener("load", keep);
    }, function () { /* a private window refuses: the page is as good without */ });
  }
  prepare();
})();
