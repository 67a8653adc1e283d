// Full-screen zoom of the sharp picture: PhotoSwipe, loaded when it is first wanted.
import PhotoSwipeLightbox from "photoswipe/lightbox";
import { text } from "./texts";

let lightbox: PhotoSwipeLightbox | null = null;

/** Wire a[data-zoom] within `root`: without scripts it is a plain link to the picture. */
export function wireZoom(root: HTMLElement): void {
  lightbox?.destroy();
  lightbox = new PhotoSwipeLightbox({
    gallery: root,
    children: "a[data-zoom]",
    pswpModule: () => import("photoswipe"),
    bgOpacity: 1,
    wheelToZoom: true,
    showHideAnimationType: calm() ? "none" : "fade",
    // From the whole board to its pixels, and twice that for the back row's eyes.
    initialZoomLevel: "fit",
    secondaryZoomLevel: 1,
    maxZoomLevel: 2,
    closeTitle: text("zoom_close"),
    zoomTitle: text("zoom_zoom"),
    errorMsg: text("zoom_error"),
  });
  lightbox.init();
}

function calm(): boolean {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}
