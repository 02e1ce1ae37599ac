/* What the office's board and the calendar of closures share: rows over time, drawn by EventCalendar, and a hand that chooses a stretch of
   them by mouse, by two taps or by keys. Times are milliseconds of the museum's wall clock, read as if it were UTC. */
"use strict";

window.QonaqTimeline = (() => {
  const able = Boolean(window.EventCalendar) && CSS.supports("grid-template-rows", "subgrid");
  const MINUTE = 60000, DAY = 86400000, FAR = 4;

  /* --- Words and times ------------------------------------------------------------------------------------------------- */

  function made(tagName, className, text) {
    const element = document.createElement(tagName);
    element.className = className;
    element.textContent = text;
    return element;
  }

  function wall(date) {
    return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate(), date.getHours(), date.getMinutes());
  }

  function iso(milliseconds) {
    return new Date(milliseconds).toISOString().slice(0, 19);
  }

  function at(text) {
    return Date.parse(`${text}Z`);
  }

  function minutes(clock) {
    const [hours, rest] = clock.split(":");
    return Number(hours) * 60 + Number(rest);
  }

  function day(date) {
    return iso(wall(date)).slice(0, 10);
  }

  /* A stretch as the form of a closure has it: midnight is no time, and a day that ends at its end is whole. */
  function typed({ rows, from, to }, every) {
    const [first, starts] = iso(from).split("T"), whole = to % DAY === 0;
    const [last, ends] = iso(whole ? to - DAY : to).split("T");
    const hour = (clock, none) => none ? "" : clock.slice(0, 5);
    return { spaces: rows && rows.length < every.length ? rows : [], first, starts: hour(starts, from % DAY === 0), last, ends: hour(ends, whole) };
  }

  /* --- Drawing --------------------------------------------------------------------------------------------------------- */

  /* The library calls its grid a table, which to a screen reader it is not: a row holds no cells of its own. The buttons say all. */
  function plain(box) {
    const strip = () => {
      for (const element of box.querySelectorAll("[role], .ec-event[tabindex]")) {
        for (const name of ["role", "aria-colindex", "aria-colspan", "tabindex"]) element.removeAttribute(name);
      }
    };
    new MutationObserver(strip).observe(box, { childList: true, subtree: true, attributes: true, attributeFilter: ["role", "tabindex"] });
  }

  /* `data()`: what is to be drawn, as the museum's computer last said it. */
  function drawing(data, { week, first, offset }) {
    return {
      view: week ? "resourceTimelineWeek" : "resourceTimelineDay",
      date: first,
      firstDay: 1,
      timeZone: offset,
      locale: document.documentElement.lang,
      headerToolbar: { start: "", center: "", end: "" },
      dayHeaderFormat: date => data().labels[day(date)] || "",
      slotLabelFormat: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
      slotLabelInterval: week ? "03:00:00" : "01:00:00",
      slotMinTime: data().opens,
      slotMaxTime: data().closes,
      scrollTime: data().opens,
      nowIndicator: true,
      resources: data().rows,
      events: data().items,
      resourceLabelContent: ({ resource }) => ({ domNodes: [made("b", "name", resource.title), made("span", "note", resource.extendedProps.note)] }),
      resourceLabelDidMount: ({ el, resource }) => { el.dataset.row = resource.id; },
    };
  }

  /* A visit's bar: its people and, unless it is `short`, its title; or what a patch of ground says. */
  function bar({ display, extendedProps }, short) {
    const { text, heads, title } = extendedProps;
    if (display === "background") return { domNodes: [made("span", "patch", text || "")] };
    return { domNodes: [made("span", "", short ? String(heads) : `${heads} · ${title}`)] };
  }

  /* What a bar is, for whoever points at it and for other scripts. */
  function name({ el, event }) {
    const { visit, time, title, about, text } = event.extendedProps;
    if (visit) Object.assign(el.dataset, { visit });
    el.title = visit ? `${time} ${title} · ${about}` : text || "";
  }

  /* What lies at a place from one time to another, in words; `none` where nothing does. */
  function there(data, row, from, to, none) {
    const items = data.items.filter(item => item.resourceId === row && at(item.start) < to && at(item.end) > from && !item.classNames.includes("off"));
    return items.map(item => item.extendedProps.text || `${item.extendedProps.time} ${item.extendedProps.title} (${item.extendedProps.heads})`).join("; ") || none;
  }

  /* What is put on it at once would be lost: `then` puts it there when all is drawn. */
  function redraw(calendar, data, then) {
    calendar.setOption("slotMinTime", data.opens);
    calendar.setOption("slotMaxTime", data.closes);
    calendar.setOption("resources", data.rows);
    calendar.setOption("events", data.items);
    requestAnimationFrame(then);
  }

  /* --- Choosing -------------------------------------------------------------------------------------------------------- */

  /* A stretch is {rows, from, to}: keys of rows (null: whatever was chosen before), and a time without its end. `times`: each [from, to] of
     one that repeats, which are drawn instead.

     calendar()  what draws, or null
     view()      {rows, days, opens, closes, step}: keys, midnights, and minutes of the day and of a step
     free        only where nothing lies may be chosen, and a mouse has to be dragged for it
     chosen(stretch, done)  a hand has chosen; not `done`: it may still say where the stretch ends
     reached(row, from)     the keys have come to a place
     turn(by)               the keys want the days before (-1) or after (1) */
  function chooser(box, { calendar, view, free, chosen, reached, turn }) {
    let painted = [];
    let stretch = null;   // as it is drawn
    let begun = null;     // where a first tap, or Enter, has begun
    let held = null;      // where Shift was first held; it may be let go and held again
    let place = null;     // where the keys are: a row's number and a time
    let drag = null;
    let dragged = false;

    const span = () => {
      const { days, opens, closes } = view();
      return days.map(each => [each + opens * MINUTE, each + closes * MINUTE]);
    };

    function paint(wanted = stretch) {
      stretch = wanted;
      const drawn = calendar();
      if (!drawn) return;
      for (const id of painted) drawn.removeEventById(id);
      painted = [];
      const put = (kind, row, from, to) => {
        const id = `${kind}-${row}-${from}`;
        drawn.addEvent({ id, resourceIds: [row], start: iso(from), end: iso(to), display: "background", classNames: [kind] });
        painted.push(id);
      };
      if (stretch) {
        for (const row of stretch.rows || view().rows) {
          for (const [opens, closes] of span()) {
            for (const [begins, ends] of stretch.times || [[stretch.from, stretch.to]]) {
              const from = Math.max(begins, opens), to = Math.min(ends, closes);
              if (from < to) put("chosen", row, from, to);
            }
          }
        }
      }
      if (place && box.matches(":focus-visible")) put("place", view().rows[place.row], place.from, place.from + view().step * MINUTE);
    }

    function between(one, other) {
      const rows = [one, other].filter(each => each.row !== null).map(each => each.row);
      return {
        rows: rows.length ? view().rows.slice(Math.min(...rows), Math.max(...rows) + 1) : null,
        from: Math.min(one.from, other.from),
        to: Math.max(one.to, other.to),
      };
    }

    /* A tap, a click, Enter: the first says where it begins, the second where it ends. */
    function press(where) {
      const whole = begun ? between(begun, where) : between(where, where);
      begun = begun ? null : where;
      held = null;
      chosen(whole, !begun);
    }

    /* All of it at once. */
    function take(all) {
      forget();
      chosen(all, true);
    }

    /* --- By hand --- */

    function under(x, y) {
      const main = box.querySelector(".ec-main"), cells = box.querySelectorAll(".ec-body .ec-day");
      if (!main || !cells.length) return null;
      const frame = main.getBoundingClientRect(), side = box.querySelector(".ec-sidebar");
      const left = Math.max(cells[0].getBoundingClientRect().left, side ? side.getBoundingClientRect().right : frame.left);
      const top = cells[0].getBoundingClientRect().top, bottom = cells[cells.length - 1].getBoundingClientRect().bottom;
      const within = (value, least, most) => Math.min(Math.max(value, least), most);
      const found = calendar().dateFromPoint(within(x, left + 1, frame.left + main.clientWidth - 2), within(y, top + 1, bottom - 2));
      if (!found || !found.resource) return null;
      const { rows, step } = view(), from = Math.floor(wall(found.date) / (step * MINUTE)) * step * MINUTE;
      return { row: rows.indexOf(found.resource.id), from, to: from + step * MINUTE };
    }

    function isGround(target) {
      return target.closest(".ec-body") && !target.closest(".ec-row-head, .ec-sidebar, button, a") && !(free && target.closest(".ec-event:not(.ec-bg-event)"));
    }

    box.addEventListener("pointerdown", event => {
      dragged = false;
      if (event.button !== 0 || event.pointerType === "touch" || !calendar() || !isGround(event.target)) return;
      const from = under(event.clientX, event.clientY);
      if (from) drag = { from, x: event.clientX, y: event.clientY, moved: false };
    });

    addEventListener("pointermove", event => {
      if (!drag) return;
      if (!drag.moved && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < FAR) return;
      drag.moved = true;
      const main = box.querySelector(".ec-main"), frame = main.getBoundingClientRect();
      if (event.clientX > frame.right - 12) main.scrollLeft += 16;
      if (event.clientX < frame.left + box.querySelector(".ec-sidebar").offsetWidth + 12) main.scrollLeft -= 16;
      const to = under(event.clientX, event.clientY);
      if (to) paint(between(drag.from, to));
    });

    addEventListener("pointerup", () => {
      const mine = drag;
      drag = null;
      if (!mine || !mine.moved) return;
      dragged = true;  // the click that follows is no tap
      begun = null;
      chosen(stretch, true);
    });

    addEventListener("pointercancel", () => { drag = null; });

    box.addEventListener("click", event => {
      const tap = !dragged && calendar() && isGround(event.target) && !(free && event.pointerType === "mouse");
      dragged = false;
      const where = tap && under(event.clientX, event.clientY);
      if (!where) return;
      place = { row: where.row, from: where.from };
      press(where);
    });

    /* --- By keys --- */

    function stepped(by) {
      const { step } = view(), days = span();
      let from = place.from + by * step * MINUTE, number = days.findIndex(([opens, closes]) => place.from >= opens && place.from < closes);
      if (by > 0 && from >= days[number][1]) from = number + 1 < days.length ? days[++number][0] : place.from;
      if (by < 0 && from < days[number][0]) from = number > 0 ? days[--number][1] - step * MINUTE : place.from;
      return from;
    }

    function settle() {
      const days = span();
      if (!place) place = { row: 0, from: stretch ? stretch.from : days[0][0] };
      if (!days.some(([opens, closes]) => place.from >= opens && place.from < closes)) place.from = days[0][0];
      place.row = Math.min(place.row, view().rows.length - 1);
    }

    function look() {
      const main = box.querySelector(".ec-main"), mark = box.querySelector(".ec-bg-event.place"), side = box.querySelector(".ec-sidebar");
      if (!mark) return;
      const seen = main.getBoundingClientRect(), here = mark.getBoundingClientRect(), left = seen.left + (side ? side.offsetWidth : 0);
      if (here.left < left) main.scrollLeft -= left - here.left + 8;
      if (here.right > seen.right) main.scrollLeft += here.right - seen.right + 8;
    }

    const cell = () => ({ ...place, to: place.from + view().step * MINUTE });

    box.addEventListener("keydown", event => {
      if (event.target !== box || !calendar() || event.ctrlKey || event.metaKey || event.altKey) return;
      settle();
      const before = cell(), { rows } = view(), days = span();
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        return press(before);
      }
      if (event.key === "Escape") {
        forget();
        return paint();
      }
      const now = days.find(([opens, closes]) => place.from >= opens && place.from < closes);
      const moves = {
        ArrowLeft: () => { place.from = stepped(-1); },
        ArrowRight: () => { place.from = stepped(1); },
        ArrowUp: () => { place.row = Math.max(place.row - 1, 0); },
        ArrowDown: () => { place.row = Math.min(place.row + 1, rows.length - 1); },
        Home: () => { place.from = now[0]; },
        End: () => { place.from = now[1] - view().step * MINUTE; },
        PageUp: () => turn(-1),
        PageDown: () => turn(1),
      };
      if (!Object.prototype.hasOwnProperty.call(moves, event.key)) return;
      event.preventDefault();
      moves[event.key]();
      if (event.key.startsWith("Page")) return;
      held = event.shiftKey ? held || before : null;
      if (begun || held) chosen(between(begun || held, cell()), Boolean(held)); else paint();
      reached(rows[place.row], place.from);
      requestAnimationFrame(look);
    });

    box.addEventListener("focus", () => {
      if (!calendar() || !box.matches(":focus-visible")) return;
      settle();
      paint();
      reached(view().rows[place.row], place.from);
    });
    box.addEventListener("blur", () => calendar() && paint());

    function forget() {
      begun = held = null;
    }

    return { paint, press, take, forget };
  }

  return { able, made, wall, iso, at, minutes, day, typed, plain, drawing, bar, name, there, redraw, chooser, MINUTE, DAY };
})();
