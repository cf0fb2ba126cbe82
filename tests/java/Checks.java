import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import vidmock.VidmockServer;

/** What VidmockServer does besides the job of its example. The last server is left to the end of the JVM. */
class Checks {
    interface Work {
        void run() throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        tells("no-such-program cannot be started (", () -> VidmockServer.start(Path.of("no-such-program")));
        tells("VIDMOCK_COMMAND=/path/to/vidmock, or VidmockServer.start(Path.of(\"/path/to/vidmock\"))",
                () -> VidmockServer.start(Path.of("no-such-program")));
        tells("vidmock serve has ended: vidmock: no such clock: 'nonsense'",
                () -> VidmockServer.start("--clock", "nonsense"));
        aContainerIsSentItsToken();

        VidmockServer mock = VidmockServer.start("--clock", "manual");
        mock.control("POST", "/worlds?key=a-key", "{\"key\": \"a-key\"}");
        VidmockServer same = VidmockServer.at(mock.url() + "/", "");
        same.control("POST", "/faults?key=a-key", "{\"effect\": \"lost\"}");
        same.reset();
        is("{\"faults\":[]", same.control("GET", "/faults?key=a-key", "").substring(0, 12));
        Map<String, String> environment = same.environment("--api-key", "a-\"\u00fc\"-key");
        is("a-\"\u00fc\"-key", environment.get("RUNPOD_API_KEY"));
        is(mock.url(), environment.get("VIDMOCK_URL"));
        same.close();
        tells("POST /clock/advance: 400: ", () -> same.advance(Duration.ofSeconds(-1)));
        System.out.println("all is well");
    }

    static void aContainerIsSentItsToken() throws Exception {
        List<String> sent = new ArrayList<>();
        HttpServer container = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        container.createContext("/", exchange -> {
            sent.add(exchange.getRequestURI() + " " + exchange.getRequestHeaders().getFirst("x-vidmock-token"));
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        container.start();
        VidmockServer.at("http://127.0.0.1:" + container.getAddress().getPort(), "a-token").reset();
        container.stop(0);
        is("[/_vidmock/worlds/reset a-token]", sent.toString());
    }

    static void is(String expected, String found) {
        if (!expected.equals(found)) {
            throw new AssertionError(found + " is not " + expected);
        }
    }

    static void tells(String words, Work work) throws Exception {
        try {
            work.run();
        } catch (IOException error) {
            if (error.getMessage().contains(words)) {
                return;
            }
            throw error;
        }
        throw new AssertionError("nothing was told of: " + words);
    }
}
