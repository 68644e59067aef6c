export type Attempted<T> = { readonly value: T } | { readonly error: unknown };

/** Calls into the outside world and gives back what came of it, thrown at once or rejected later alike. */
export async function attempt<T>(work: () => Promise<T>): Promise<Attempted<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error };
  }
}
