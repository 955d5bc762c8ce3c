/** Never bundled: a bundle runs from `.cache/`, but Node looks for a package from the file that imports it upwards. */
export const importHere = (name) => import(name);
