// Small improvements; every page works without them.
(() => {
  "use strict";

  // Leave at once, and do not leave this page behind the Back button.
  const leave = () => location.replace("/away");
  document.querySelectorAll("[data-exit]").forEach((link) =>
    link.addEventListener("click", (event) => { event.preventDefault(); leave(); }));
  let escapes = [];
  document.addEventListener("keyup", (event) => {
    if (event.key !== "Escape") { escapes = []; return; }
    escapes = [...escapes.filter((at) => event.timeStamp - at < 2000), event.timeStamp];
    if (escapes.length > 2) leave();
  });

  // Problems of a form are read first; a link in the summary goes into its field.
  const summary = document.querySelector("[data-focus]");
  if (summary) {
    summary.focus();
    summary.addEventListener("click", (event) => {
      const link = event.target.closest("a[href^='#']");
      const target = link && document.getElementById(link.hash.slice(1));
      if (target) { event.preventDefault(); target.focus(); target.scrollIntoView({ block: "center" }); }
    });
  }

  // Say it before the time is over, and let the person stay.
  const idle = document.getElementById("idle");
  const seconds = Number(document.body.dataset.idle || 0);
  if (idle && seconds > 180) {
    let timer = 0;
    const wait = () => { idle.hidden = true; clearTimeout(timer); timer = setTimeout(() => { idle.hidden = false; }, (seconds - 120) * 1000); };
    idle.querySelector("[data-stay]").addEventListener("click", (event) => {
      event.preventDefault();
      fetch("/away", { method: "HEAD", cache: "no-store" }).then(wait);
    });
    document.addEventListener("htmx:after:request", wait);
    wait();
  }

  // A printed chart holds everything, as on the screen with all parts open.
  let opened = [];
  addEventListener("beforeprint", () => { opened = [...document.querySelectorAll("main details:not([open])")]; opened.forEach((one) => { one.open = true; }); });
  addEventListener("afterprint", () => opened.forEach((one) => { one.open = false; }));
  document.querySelectorAll("[data-print]").forEach((button) => { button.hidden = false; button.addEventListener("click", () => print()); });
})();
