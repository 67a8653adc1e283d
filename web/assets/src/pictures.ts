// Waits for pictures, so that what replaces them on the page appears whole.

// Longer than a thumbnail takes on a bad mobile link; then the page goes on without waiting.
const PATIENCE_MS = 4000;

/** Resolves when the images within `root` could be painted at once, or patience has run out. */
export async function decoded(root: ParentNode): Promise<void> {
  const images = [...root.querySelectorAll("img")].map((image) => {
    const ahead = new Image();
    // sizes and srcset first: setting src last starts a single download of the chosen file.
    ahead.sizes = image.sizes;
    ahead.srcset = image.srcset;
    ahead.src = image.src;
    return ahead.decode().catch(() => undefined);
  });
  const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  await Promise.race([Promise.all(images), patience]);
}
