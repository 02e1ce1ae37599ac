// The tour's length as it is typed; without script the next look at the page says it.
(function () {
  "use strict";
  var box = document.getElementById("length");
  if (!box) { return; }
  function count() {
    var sum = 0;
    document.querySelectorAll("input[name$='-minutes']").forEach(function (field) { sum += parseInt(field.value, 10) || 0; });
    var long = sum > parseInt(box.getAttribute("data-longest"), 10);
    box.querySelector("[data-minutes]").textContent = String(sum);
    box.querySelector("[data-fits]").hidden = long;
    box.querySelector("[data-too-long]").hidden = !long;
    box.classList.toggle("bad", long);
  }
  document.addEventListener("input", count);
}());
