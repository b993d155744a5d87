package kappa.dashboards.cli;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The headings under which a long help lists options, in the order in which it shows them. */
enum Section {
    OWN("Options"), SESSION("Session"), FILE("Recorded file"), FIT("Fit"), RIG("Rig"), PAGE("Page"), BROKER(
            "Broker"), OUTPUT("Output"), RARE("Rarely needed");

    private final String heading;

    Section(String heading) {
        this.heading = heading;
    }

    String heading() {
        return heading;
    }

    /** Names the section of an option, or of all options that a class declares. The option's own annotation wins. */
    @Retention(RetentionPolicy.RUNTIME)
    @Target({ElementType.TYPE, ElementType.FIELD})
    @interface In {
        Section value();
    }
}
