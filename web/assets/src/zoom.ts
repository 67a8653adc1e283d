// Full-screen zoom of the views: PhotoSwipe, loaded when it is first wanted.
import PhotoSwipeLightbox from "photoswipe/lightbox";
import type PhotoSwipe from "photoswipe";
import { keepPlace } from "./samespot";
import { text } from "./texts";
import type { Switch, View } from "./views";

const SWITCH_HEIGHT = 76; // px, with its margins: the board's last line isn't written under it

let lightbox: PhotoSwipeLightbox | null = null;

/** Wire a[data-zoom] within `root`: without scripts it is a plain link to the picture. */
export function wireZoom(root: HTMLElement, views: Switch | null): void {
  lightbox?.destroy();
  lightbox = null;
  const opener = root.querySelector<HTMLAnchorElement>("a[data-zoom]");
  if (!opener) return;
  const slides = views?.views ?? [only(opener)];
  const widest = Math.max(...slides.map((view) => view.width));
  const made = new PhotoSwipeLightbox({
    dataSource: slides.map(({ full, width, height, alt }) => ({ src: full, width, height, alt })),
    pswpModule: () => import("photoswipe"),
    bgOpacity: 1,
    wheelToZoom: true,
    loop: false,
    counter: false, // the views have names
    padding: { top: 0, bottom: views ? SWITCH_HEIGHT : 0, left: 0, right: 0 },
    preload: [0, 0], // each is megabytes, on a phone's data
    showHideAnimationType: calm() ? "none" : "fade",
    // From the whole board to its pixels, and twice that for the back row's eyes; of the widest
    // view, so that all of them can be looked at as large.
    initialZoomLevel: "fit",
    secondaryZoomLevel: (levels) => widest / (levels.elementSize?.x ?? widest),
    maxZoomLevel: (levels) => (2 * widest) / (levels.elementSize?.x ?? widest),
    closeTitle: text("zoom_close"),
    zoomTitle: text("zoom_zoom"),
    arrowPrevTitle: text("zoom_previous"),
    arrowNextTitle: text("zoom_next"),
    errorMsg: text("zoom_error"),
  });
  made.on("uiRegister", () => {
    const { pswp } = made;
    if (!pswp) return;
    pswp.element?.setAttribute("aria-label", text("zoom_dialog"));
    pswp.element?.setAttribute("aria-modal", "true");
    keepPlace(pswp);
    loadOnlyWhatIsShown(pswp);
    tellOnlyWhatIsShown(pswp);
    if (views) addSwitch(pswp, views);
  });
  made.init();
  lightbox = made;
  opener.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    made.loadAndOpen(views?.chosen() ?? 0);
  });
}

/** PhotoSwipe loads the slides on both sides whatever `preload` says; here each is megabytes. */
function loadOnlyWhatIsShown(pswp: PhotoSwipe): void {
  pswp.on("contentLoadImage", (event) => {
    if (event.content.slide?.isActive === false) event.preventDefault();
  });
  pswp.on("contentActivate", ({ content }) => {
    if (content.state === "idle") content.loadImage(false);
  });
}

/** After a jump over a slide PhotoSwipe leaves one that is not seen to those who listen. */
function tellOnlyWhatIsShown(pswp: PhotoSwipe): void {
  pswp.on("change", () => {
    pswp.mainScroll.itemHolders.forEach(({ el }, position) => {
      el.setAttribute("aria-hidden", String(position !== 1)); // the middle one is on the screen
    });
  });
}

/** The views by name, below the picture; what is chosen here is chosen on the page too. */
function addSwitch(pswp: PhotoSwipe, views: Switch): void {
  pswp.ui?.registerElement({
    name: "views",
    appendTo: "root",
    onInit: (holder) => {
      holder.setAttribute("role", "group");
      holder.setAttribute("aria-label", text("zoom_views"));
      const buttons = views.views.map((view, position) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = view.name;
        button.addEventListener("click", () => pswp.goTo(position));
        return button;
      });
      holder.append(...buttons);
      const show = () => {
        buttons.forEach((button, position) => {
          button.setAttribute("aria-pressed", String(position === pswp.currIndex));
        });
      };
      show();
      pswp.on("change", () => {
        show();
        views.choose(pswp.currIndex);
      });
    },
  });
}

function only(opener: HTMLAnchorElement): View {
  const { width = "0", height = "0", alt = "" } = opener.dataset;
  return { name: "", full: opener.href, width: Number(width), height: Number(height), alt };
}

function calm(): boolean {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}
