package kappa.dashboards.cli;

import java.nio.file.Path;

/** The default place of kappa's files. */
final class Home {

    private Home() {}

    /** .kappa/NAME beside the launcher, or in the working directory if there is none. */
    static Path directory(String name) {
        return Path.of(System.getProperty("kappa.home", ".")).toAbsolutePath().normalize().resolve(".kappa")
                .resolve(name);
    }
}
