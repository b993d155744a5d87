package kappa.analysis.pipeline;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a thread a low priority. Java's own priorities do nothing on Linux without a flag that warns whoever is not
 * root; the system call needs no rights to go down, and there concerns the calling thread alone. Elsewhere nothing is
 * done. Stateless.
 */
final class ThreadPriority {

    private static final Logger LOG = LoggerFactory.getLogger(ThreadPriority.class);
    /** Gives the thread three tenths of a processor that one other wants: a portrait must not fall behind kappa for minutes. */
    private static final int NICE = 4;

    private static final boolean LINUX = System.getProperty("os.name").equals("Linux");
    private static final int PRIO_PROCESS = 0;
    private static final int CALLING_THREAD = 0;

    private ThreadPriority() {}

    private static final MethodHandle SET_PRIORITY = LINUX ? setPriority() : null;

    @SuppressWarnings("restricted")
    private static MethodHandle setPriority() {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().find("setpriority").orElseThrow(), FunctionDescriptor
                .of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    }

    /** Lowers the priority of the calling thread. May be repeated. */
    static void lower() {
        if (!LINUX) {
            return;
        }
        try {
            int refused = (int) SET_PRIORITY.invokeExact(PRIO_PROCESS, CALLING_THREAD, NICE);
            if (refused != 0) {
                LOG.debug("the system did not lower the priority of analyses");
            }
        } catch (Throwable e) {
            throw new IllegalStateException("setpriority could not be called", e);
        }
    }
}
