/* Says in words which day was chosen, under each field for a date: browsers write dates in an order of their own, whatever the page's
   language is. No library; nothing newer than Chrome 80 knows. Without it the field still works. */
(function () {
  "use strict";
  var language = document.documentElement.lang;
  var long = language === "kk" ? { format: inKazakh } : new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
    weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC"
  });

  function inKazakh(day) { // Chrome has no Kazakh words of its own: it would say "2026 M10 24, Sat"
    var months = "қаңтар ақпан наурыз сәуір мамыр маусым шілде тамыз қыркүйек қазан қараша желтоқсан".split(" ");
    var days = "жексенбі дүйсенбі сейсенбі сәрсенбі бейсенбі жұма сенбі".split(" ");
    return day.getUTCFullYear() + " ж. " + day.getUTCDate() + " " + months[day.getUTCMonth()] + ", " + days[day.getUTCDay()];
  }

  Array.prototype.forEach.call(document.querySelectorAll(".field input[type=date]"), function (input, number) {
    var words = document.createElement("p");
    words.className = "help in-words";
    words.id = (input.id || "date-" + number) + "_words";
    words.setAttribute("aria-live", "polite");
    input.setAttribute("aria-describedby", ((input.getAttribute("aria-describedby") || "") + " " + words.id).trim());
    input.parentNode.insertBefore(words, input.nextSibling);
    function say() {
      var day = input.value ? new Date(input.value + "T00:00:00Z") : null;
      words.textContent = day && !isNaN(day) ? long.format(day) : "";
    }
    input.addEventListener("input", say);
    input.addEventListener("change", say);
    window.addEventListener("pageshow", say); // a browser that goes back puts in what was chosen before
    say();
  });
})();
