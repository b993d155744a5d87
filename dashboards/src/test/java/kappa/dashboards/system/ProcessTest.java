package kappa.dashboards.system;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import kappa.dashboards.BesideOthers;
import org.junit.jupiter.api.Tag;

/** A class of tests whose work is done in processes of their own. */
@Tag("slow")
@BesideOthers
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@interface ProcessTest {
}
