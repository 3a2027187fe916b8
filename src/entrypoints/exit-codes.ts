export const EXIT_FAILED = 1;
export const EXIT_BAD_USAGE = 2;
