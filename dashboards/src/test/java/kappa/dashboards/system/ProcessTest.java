package kappa.dashboards.system;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * A class of tests whose work is done in processes of their own. Such classes run one after another, and beside the classes that
 * work in the tests' own process. Those often wait for real time, and the two together use the processors better.
 */
@Tag("slow")
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock("processes")
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@interface ProcessTest {
}
