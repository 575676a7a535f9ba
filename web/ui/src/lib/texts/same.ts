/** The other language has the keys of the source, no more and no fewer. */
export type Same<S> = { readonly [K in keyof S]: string }
