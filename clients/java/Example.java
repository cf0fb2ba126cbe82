import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import vidmock.VidmockServer;

class Example {
    static final HttpClient CLIENT = HttpClient.newHttpClient();

    public static void main(String[] arguments) throws Exception {
        try (VidmockServer mock = VidmockServer.start("--clock", "manual")) {
            String jobs = mock.url() + "/fal/queue/fal-ai/kling-video";
            HttpRequest.Builder submit = request(jobs + "/o1/reference-to-video")
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\": \"a kite over dunes\"}"));
            String job = member("request_id", text(submit));

            System.out.println(member("status", text(request(jobs + "/requests/" + job + "/status"))));
            mock.advance(Duration.ofMinutes(15));
            System.out.println(member("status", text(request(jobs + "/requests/" + job + "/status"))));

            String video = member("url", text(request(jobs + "/requests/" + job)));
            byte[] file = CLIENT.send(request(video).build(), HttpResponse.BodyHandlers.ofByteArray()).body();
            System.out.println(new String(file, 4, 4));
        }
    }

    static HttpRequest.Builder request(String url) {
        return HttpRequest.newBuilder(URI.create(url)).header("Authorization", "Key any");
    }

    static String text(HttpRequest.Builder request) throws Exception {
        return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString()).body();
    }

    static String member(String name, String json) {
        Matcher member = Pattern.compile("\"" + name + "\": ?\"([^\"]*)\"").matcher(json);
        if (!member.find()) {
            throw new AssertionError(name + " is not in " + json);
        }
        return member.group(1);
    }
}
