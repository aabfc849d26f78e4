(function () {
  var root = document.documentElement;
  var buttons = document.querySelectorAll("[data-to]");
  function to(lang) {
    root.dataset.lang = lang;
    root.lang = lang === "zh" ? "zh-CN" : "en";
    buttons.forEach(function (b) { b.setAttribute("aria-pressed", String(b.dataset.to === lang)); });
  }
  buttons.forEach(function (b) { b.addEventListener("click", function () { to(b.dataset.to); }); });
  if (buttons.length) { to(location.hash === "#en" ? "en" : root.dataset.lang); }
  // Paper can't be unfolded.
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (d) { d.open = true; });
  });
})();
