// Full-screen, from one view to the next: the same spot of the board, as large as it was.
import type PhotoSwipe from "photoswipe";

interface Place {
  readonly zoomed: boolean;
  readonly shownWidth: number; // of the whole picture, in pixels of the screen
  readonly x: number; // what is in the middle of the screen, as a part of the picture's size
  readonly y: number;
  readonly aspect: number;
}

const SAME_SHAPE = 0.02; // roundings of a smaller rendition; a straight view differs by more

/** Keep zoom and place when the slide changes, among pictures of one shape. */
export function keepPlace(pswp: PhotoSwipe): void {
  const places = new Map<number, Place>();
  let previous = pswp.currIndex;

  pswp.on("zoomPanUpdate", ({ slide }) => {
    if (!slide.isActive || slide.index !== previous) return;
    const shownWidth = slide.width * slide.currZoomLevel;
    const shownHeight = slide.height * slide.currZoomLevel;
    places.set(slide.index, {
      zoomed: slide.currZoomLevel > slide.zoomLevels.initial * 1.01,
      shownWidth,
      x: (pswp.viewportSize.x / 2 - slide.pan.x) / shownWidth,
      y: (pswp.viewportSize.y / 2 - slide.pan.y) / shownHeight,
      aspect: slide.width / slide.height,
    });
  });
  pswp.on("change", () => {
    const place = places.get(previous);
    previous = pswp.currIndex;
    const slide = pswp.currSlide;
    if (!slide || !place?.zoomed) return;
    const aspect = slide.width / slide.height;
    if (Math.abs(aspect / place.aspect - 1) > SAME_SHAPE) return;
    slide.zoomTo(place.shownWidth / slide.width, undefined, 0, true);
    slide.panTo(
      pswp.viewportSize.x / 2 - place.x * place.shownWidth,
      pswp.viewportSize.y / 2 - (place.y * place.shownWidth) / aspect,
    );
  });
}
