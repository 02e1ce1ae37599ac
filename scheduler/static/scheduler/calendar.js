/* The calendar of places and hours on which a closure or an event is placed: read from the museum's computer, drawn as wide as the screen lets
   it be, and chosen from by hand. What is chosen stands in the fields of the page's form. */
"use strict";

window.QonaqCalendar = (() => {
  const { able, at, minutes, plain, drawing, bar, name, there, redraw, chooser, MINUTE } = window.QonaqTimeline;
  const HOUR_OF_WEEK = 48;  // pixels: half an hour is as wide as a finger needs, and as its number of people
  const narrow = matchMedia("(max-width: 44rem)");

  /* chosen(stretch, done), turn(by)   as for `chooser`
     wanted()         the stretch that is to be shown as chosen, or null
     moment(time)     a time in words
     settings()       what is drawn otherwise than everywhere; asked when all is drawn from nothing
     drawn(like)      days were drawn, with this layout
     painted()        what is chosen was drawn */
  function calendar(part, { chosen, turn, wanted, moment, settings, drawn, painted }) {
    const box = document.getElementById("timeline"), line = document.getElementById("chosen"), say = part.dataset;
    let data = null;
    let week = false;
    let shown = null;    // what draws
    let like = "";       // the layout in which it does
    let loading = null;

    const step = () => week ? 60 : narrow.matches ? 30 : Number(say.grid);
    const hand = able && chooser(box, {
      calendar: () => shown,
      view: () => ({
        rows: data.rows.map(row => row.id),
        days: data.days.map(each => at(`${each}T00:00`)),
        opens: minutes(data.opens),
        closes: minutes(data.closes),
        step: step(),
      }),
      free: false,
      chosen,
      reached: (row, from) => {
        const { title } = data.rows.find(each => each.id === row), what = there(data, row, from, from + step() * MINUTE, say.sayFree);
        document.getElementById("place").textContent = `${title}, ${moment(from)}: ${what}`;
      },
      turn,
    });

    /* The days that are `asked` for; where they cannot be had, the page says so. */
    async function open(asked) {
      if (loading) loading.abort();
      const mine = loading = new AbortController();
      try {
        const answer = await fetch(`${say.address}?${asked}`, { signal: mine.signal, cache: "no-store", credentials: "same-origin" });
        if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
        data = await answer.json();
      } catch (error) {
        if (error.name === "AbortError") return;
        if (part.contains(line)) part.hidden = false;
        line.hidden = false;
        line.textContent = say.sayLost;
        return;
      }
      week = asked.get("span") === "week";
      draw();
    }

    function draw() {
      part.hidden = false;
      box.classList.toggle("week", week && !narrow.matches);
      const slots = (minutes(data.closes) - minutes(data.opens)) / step() * data.days.length, room = box.clientWidth - (narrow.matches ? 108 : 164) - 16;
      const width = Math.max(week ? HOUR_OF_WEEK : narrow.matches ? 26 : 24, Math.floor(room / slots));
      const now = `${week} ${width} ${data.opens} ${data.closes}`;
      if (shown && like === now) {
        shown.setOption("date", data.days[0]);
        shown.setOption("timeZone", data.offset);
        redraw(shown, data, paint);
      } else {
        if (shown) EventCalendar.destroy(shown);
        shown = EventCalendar.create(box, {
          ...drawing(() => data, { week, first: data.days[0], offset: data.offset }),
          slotDuration: { minutes: step() },
          slotWidth: width,
          snapDuration: { minutes: step() },
          eventStartEditable: false,
          eventDurationEditable: false,
          eventContent: ({ event }) => bar(event, narrow.matches || (week && event.end - event.start < 90 * MINUTE)),
          eventDidMount: name,
          ...settings(),
        });
      }
      like = now;
      document.getElementById("shown").textContent = data.title;
      paint();
      drawn(like);
    }

    function paint() {
      if (!shown) return;
      hand.paint(wanted());
      painted();
    }

    narrow.addEventListener("change", () => data && draw());
    plain(box);
    return { ...hand, open, paint, get data() { return data; } };
  }

  return { calendar, narrow };
})();
