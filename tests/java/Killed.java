import vidmock.VidmockServer;

/** Starts a server, prints its address, and is killed. */
public final class Killed {
    private Killed() {
    }

    public static void main(String[] words) throws Exception {
        System.out.println(VidmockServer.start().url());
        Thread.sleep(Long.MAX_VALUE);
    }
}
