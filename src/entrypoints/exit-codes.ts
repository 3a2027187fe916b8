/** The command failed. 0 means success. */
export const EXIT_FAILED = 1;
/** The arguments or settings are not valid. */
export const EXIT_BAD_USAGE = 2;
