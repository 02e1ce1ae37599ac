/* What organisers' pages do beyond what they do without a script. No library; nothing newer than Chrome 80 knows.

   data-live="address"   a form whose #wish decides what stands in #looked and #ceremony: fetched anew when something is chosen
   data-draft            a form that is kept on this device until it is sent; data-fresh: nothing has been posted yet
   data-forget           a button that forgets it
   data-at="ISO instants, comma separated"   gets the same times on the reader's clock beneath it, where that shows others
   data-own-zone="IANA zone"   a line about that, shown only then
   data-copy, data-share, data-print   buttons that are shown only where the browser can do it */
(function () {
  "use strict";
  var WISH = ["tour", "audience", "language", "heads", "adults"];
  var DRAFT = "qonaq-draft", SENT = "qonaq-sent", KEEP_DAYS = 7;
  var UNKEPT = ["csrfmiddlewaretoken", "request_key", "website", "start", "chosen_day"];
  var form = document.querySelector("form[data-live]");

  function each(selector, act, root) { Array.prototype.forEach.call((root || document).querySelectorAll(selector), act); }
  function store(act) { try { return act(window.localStorage); } catch (refused) { return null; } } // private windows refuse

  /* --- What is typed, as names and lists of values --------------------------------------------------------------------- */
  function fields(name) { return Array.prototype.filter.call(form.elements, function (one) { return one.name === name; }); }
  function values() {
    var found = {};
    Array.prototype.forEach.call(form.elements, function (one) {
      if (!one.name || one.type === "submit" || UNKEPT.indexOf(one.name) >= 0) return;
      if (!found[one.name]) found[one.name] = [];
      if ((one.type === "radio" || one.type === "checkbox") ? one.checked : one.value) found[one.name].push(one.value);
    });
    return found;
  }
  function put(found, names) {
    names.forEach(function (name) {
      fields(name).forEach(function (one) {
        if (one.type === "submit") return;
        if (one.type === "radio" || one.type === "checkbox") one.checked = found[name].indexOf(one.value) >= 0;
        else if (found[name].length) one.value = found[name][0];
      });
    });
  }

  /* --- Looking: the part of the form that depends on the wish ----------------------------------------------------------- */
  function typedDay() { return form.querySelector("input[type=date][name=day]"); } // where days can be typed, too
  function showDay() {
    var date = typedDay(), shown = fields("chosen_day")[0];
    if (!date || !shown || date === document.activeElement || date.value === shown.value) return;
    date.value = shown.value;
    date.dispatchEvent(new Event("input"));
  }
  function time() { // the day and the hour that are chosen
    var found = {};
    ["chosen_day", "start"].forEach(function (name) {
      var chosen = fields(name).filter(function (one) { return one.type !== "radio" || one.checked; })[0];
      if (chosen && chosen.value) found[name] = chosen.value;
    });
    return found;
  }
  function stand(here) { // the address shows the same again; what it knows about this entry of the history stays
    var language = document.getElementById("here");
    history.replaceState(history.state, "", here);
    if (language) language.value = here;
  }
  function chooseTime() {
    var looked = document.getElementById("looked"), chosen = time();
    if (!looked || !looked.dataset.here || !chosen.start) return;
    var parts = looked.dataset.here.split("?"), asked = new URLSearchParams(parts[1] || "");
    if (chosen.chosen_day) asked.set("day", chosen.chosen_day);
    asked.set("start", chosen.start);
    stand(parts[0] + "?" + asked);
  }
  /* What a hand has pressed stays until the press has ended: written anew meanwhile, it would lose the click, which a finger's comes a little after. */
  var released = Promise.resolve();
  function press() {
    released = new Promise(function (resolve) {
      ["pointerup", "pointercancel"].forEach(function (end) { addEventListener(end, function () { setTimeout(resolve, 50); }, { once: true }); });
    });
  }
  var running = null;
  function look(more, kept) {
    var asked = new URLSearchParams(), said = values(), chosen = kept || time();
    WISH.forEach(function (name) { if (said[name] && said[name][0]) asked.set(name, said[name][0]); });
    Object.keys(chosen).forEach(function (name) { asked.set(name, chosen[name]); });
    var date = typedDay();
    if (date && !date.value) asked.delete("chosen_day");
    if (date && date.value && !more) asked.set("day", date.value);
    if (more) { asked.delete("chosen_day"); asked.delete("start"); asked.set(more[0], more[1]); }
    if (running) running.abort();
    var mine = running = new AbortController();
    form.setAttribute("aria-busy", "true");
    return fetch(form.dataset.live + "?" + asked, { signal: mine.signal, credentials: "same-origin" }).then(function (answer) {
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.text();
    }).then(function (text) {
      return released.then(function () { return text; });
    }).then(function (text) {
      if (running !== mine) return; // the press has asked for something else
      var page = new DOMParser().parseFromString(text, "text/html"), typed = values(), focus = document.activeElement;
      var again = focus && form.contains(focus) ? [focus.id, focus.name, focus.value] : null;
      var taken = fields("start").filter(function (one) { return one.checked; })[0]; // chosen while we were asking
      each("body > [id]", function (part) {
        var old = document.getElementById(part.id);
        if (old) old.parentNode.replaceChild(document.importNode(part, true), old);
      }, page);
      put(typed, Object.keys(typed).filter(function (name) { return WISH.indexOf(name) < 0; }));
      if (taken && !fields("start").some(function (one) { return one.checked; })) {
        fields("start").forEach(function (one) { if (one.value === taken.value) one.checked = true; });
      }
      var here = document.getElementById("looked").dataset.here;
      if (here) stand(here);
      if (again && !document.contains(focus)) {
        var same = (again[0] && document.getElementById(again[0])) || fields(again[1]).filter(function (one) { return one.value === again[2]; })[0]
          || document.getElementById("when");
        if (same) { if (same.id === "when") same.tabIndex = -1; same.focus({ preventScroll: true }); }
      }
      showDay();
      ownTimes();
      done();
    }).catch(function (error) {
      if (error.name === "AbortError") return;
      done();
      if (more) { // the form can do it without us
        var field = document.createElement("input");
        field.type = "hidden"; field.name = more[0]; field.value = more[1];
        form.appendChild(field);
        form.submit();
      }
    });
    function done() { if (running === mine) { running = null; form.removeAttribute("aria-busy"); } }
  }

  /* --- The reader's own clock ------------------------------------------------------------------------------------------- */
  function shown(instant, zone, withDay) {
    var asked = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    if (zone) asked.timeZone = zone;
    if (withDay) { asked.day = "numeric"; asked.month = "numeric"; }
    return new Intl.DateTimeFormat("en-GB", asked).format(instant).replace("/", ".");
  }
  function ownTimes() {
    each("[data-own-zone]", function (line) {
      var differ = false, zone = line.dataset.ownZone;
      each("[data-at]", function (place) {
        if (place.querySelector(".own")) { differ = true; return; }
        var instants = place.dataset.at.split(",").map(function (text) { return new Date(text); });
        var other = instants.some(function (one) { return shown(one, zone, true) !== shown(one, "", true); });
        if (!other) return;
        differ = true;
        var own = document.createElement("span"), day = shown(instants[0], zone, true).split(",")[0];
        own.className = "own";
        own.textContent = instants.map(function (one) {
          return shown(one, "", shown(one, "", true).split(",")[0] !== day);
        }).join(" + ");
        place.appendChild(own);
      });
      line.hidden = !differ;
      line.querySelector("span").textContent = Intl.DateTimeFormat().resolvedOptions().timeZone.replace(/_/g, " ");
    });
  }

  /* --- The draft -------------------------------------------------------------------------------------------------------- */
  var waiting = 0;
  function keep() {
    clearTimeout(waiting);
    waiting = setTimeout(write, 250);
  }
  function write() {
    waiting = 0;
    var said = values();
    var typed = Object.keys(said).some(function (name) { return name !== "locale" && name !== "adults" && said[name].length; });
    var kept = typed && store(function (box) {
      box.setItem(DRAFT, JSON.stringify({ at: Date.now(), said: said, time: time() }));
      return true;
    });
    var note = document.getElementById("draft-kept");
    if (kept && note) note.hidden = false;
  }
  function takeBack() {
    var draft = store(function (box) { return JSON.parse(box.getItem(DRAFT)); });
    if (!draft || Date.now() - draft.at > KEEP_DAYS * 864e5) { store(function (box) { box.removeItem(DRAFT); }); return; }
    var here = values(), chosen = WISH.some(function (name) { return name !== "adults" && here[name] && here[name].length; });
    var names = Object.keys(draft.said).filter(function (name) { return !chosen || WISH.indexOf(name) < 0; });
    var anything = names.some(function (name) { return name !== "locale" && name !== "adults" && draft.said[name].length; });
    if (!anything) return;
    put(draft.said, names);
    document.getElementById("draft-back").hidden = false;
    document.getElementById("draft-kept").hidden = false;
    if (!chosen && WISH.slice(0, 4).every(function (name) { return draft.said[name] && draft.said[name].length; })) {
      look(null, draft.time || {}).then(function () { put(draft.said, names); });
    }
  }

  if (form) {
    each("[data-without-script]", function (part) { part.hidden = true; });
    var typing = 0;
    form.addEventListener("pointerdown", press);
    form.addEventListener("change", function (event) {
      if (WISH.indexOf(event.target.name) >= 0 || event.target === typedDay()) { clearTimeout(typing); look(); }
      if (event.target.name === "start") chooseTime();
    });
    form.addEventListener("input", function (event) {
      if (event.target.type !== "number") return;
      clearTimeout(typing);
      typing = setTimeout(look, 500);
    });
    form.addEventListener("click", function (event) {
      var button = event.target.closest("button[name=day], button[name=month]");
      if (!button) return;
      event.preventDefault();
      look([button.name, button.value]);
    });
    form.addEventListener("keydown", function (event) { // beneath the times, Enter means the form, not another look
      var book = form.querySelector("button[name=book]");
      if (event.key !== "Enter" || event.target.tagName !== "INPUT" || !event.target.closest(".later") || !book) return;
      event.preventDefault();
      book.click();
    });
    if (form.hasAttribute("data-draft")) {
      form.addEventListener("input", keep);
      form.addEventListener("change", keep);
      window.addEventListener("pagehide", function () { if (waiting) { clearTimeout(waiting); write(); } }); // the last word, too
      var request = fields("request_key")[0];
      if (request && history.state && history.state.sent) request.value = history.state.sent; // back again: still the same request
      form.addEventListener("submit", function () {
        if (request) history.replaceState({ sent: request.value }, "");
        try { sessionStorage.setItem(SENT, "1"); } catch (refused) { /* then the draft stays until it is old */ }
      });
      try { sessionStorage.removeItem(SENT); } catch (refused) { /* as above */ }
      each("[data-forget]", function (button) {
        button.addEventListener("click", function () {
          clearTimeout(waiting);
          waiting = 0;
          store(function (box) { box.removeItem(DRAFT); });
          location.assign(form.getAttribute("action"));
        });
      });
      if (form.hasAttribute("data-fresh")) takeBack();
    }
  } else {
    try {
      if (sessionStorage.getItem(SENT) && document.querySelector("[data-sent]")) {
        sessionStorage.removeItem(SENT);
        store(function (box) { box.removeItem(DRAFT); });
      }
    } catch (refused) { /* nothing was kept then */ }
  }

  each("[data-copy]", function (button) {
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(button.dataset.copy).then(function () { button.textContent = button.dataset.done; });
    });
  });
  each("[data-share]", function (button) {
    if (!navigator.share) return;
    button.hidden = false;
    button.addEventListener("click", function () {
      navigator.share({ title: document.title, text: button.dataset.share }).catch(function () { /* they thought better of it */ });
    });
  });
  each("[data-print]", function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });
  ownTimes();
})();
