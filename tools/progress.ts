/** Progress of long work: one line on standard error that is rewritten, and only where a person watches. */
import colors from "picocolors";

export type Progress = (step: string) => void;

/** Runs `work`; what it reports is shown in one line that disappears at the end. */
export async function withProgress<R>(title: string, work: (progress: Progress) => R | Promise<R>): Promise<R> {
  const { stderr } = process;
  if (!stderr.isTTY) return await work(() => {});
  const start = performance.now();
  const show: Progress = (step) => {
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    stderr.write(`\r\x1b[2K${colors.dim(`${title}: ${step} (${seconds} s)`)}`);
  };
  try {
    return await work(show);
  } finally {
    stderr.write("\r\x1b[2K");
  }
}
