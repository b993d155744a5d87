package kappa.dashboards.web;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.List;

/** What a page is sent, for tests of other packages. */
public final class PageFrames {

    private PageFrames() {}

    /** The first frame of a page that has just been opened and has chosen this session. */
    public static JsonNode first(LiveView view, String session) throws IOException, InterruptedException {
        return new JsonMapper().readTree(new PageClient(view, false)
                .answer(new PageQuestion(session, true, -1, 20, 800, List.of(), null, null, null, "", false)));
    }
}
