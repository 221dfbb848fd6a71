/**
 * What every statement of a commit begins with, so that whoever wants to know what became of a commit can tell those
 * that are still under way from the host's statements: any of them may be the one that the server is at.
 */
export const COMMIT_MARK = '/* typeorm-sourced commit */'
