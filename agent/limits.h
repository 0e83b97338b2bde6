/* SPDX-License-Identifier: EUPL-1.2 */
/* Every cap of the agent on one page, each with its reason. */
#ifndef AGENT_LIMITS_H
#define AGENT_LIMITS_H

/* --- capture --------------------------------------------------------------- */

/* The largest IP packet, behind Ethernet and three tags: a host's own card joins
 * and cuts segments after us, so that packets of that size are seen. */
#define CAPTURE_SNAPLEN (65535 + 14 + 3 * 4)
/* Kernel ring: holds 0.25 s of 250 Mbit/s when a sensor is late. */
#define CAPTURE_BUFFER_BYTES (8u << 20)
/* Of a capture file so much is read at one go. */
#define CAPTURE_READ_BYTES (256u << 10)
/* The kernel hands over a block that is not full after this long. */
#define CAPTURE_BLOCK_MS 20

/* --- decode ---------------------------------------------------------------- */

/* Nested tunnels are rare beyond two; each level costs a packet on the stack. */
#define DECODE_TUNNELS_MAX 8
/* Suricata's decoder.max-layers: headers below IP in one packet. */
#define DECODE_LAYERS_MAX 16
/* Packets out of one frame: tunnels, and datagrams that were whole with it. */
#define DECODE_PACKETS_MAX (2 * DECODE_TUNNELS_MAX)
/* Suricata's defrag memcap (guide, "Defrag"). */
#define DEFRAG_BYTES_MAX    (32u << 20)
#define DEFRAG_TRACKERS_MAX 65536
#define DEFRAG_TIMEOUT_US   (60 * 1000000ll)
/* An IP datagram has at most 65,535 bytes (RFC 791, section 3.1). */
#define DEFRAG_DATAGRAM_MAX 65535
/* Fragments of 8 bytes, the least there is, in the largest datagram. */
#define DEFRAG_FRAGMENTS_MAX 8192

/* Networks of --os-policy: all may be looked at for a datagram in fragments and for
 * each way of a TCP session; 64 is what agent.yaml takes. */
#define OS_NETWORKS_MAX 256

/* --- flow ------------------------------------------------------------------ */

/* One flow costs about 300 bytes; this many fit in 80 MB. */
#define FLOW_MAX (256u * 1024)
/* nDPI: packets a flow it is shown; its own give-up point is higher. */
#define DPI_PACKETS_MAX 24
/* nDPI's flow state is about 700 bytes: 8 MB in all. */
#define DPI_FLOWS_MAX 8192

/* --- stream ---------------------------------------------------------------- */

/* One TCP session costs about 400 bytes; every flow may be one. */
#define STREAM_SESSIONS_MAX FLOW_MAX
/* Suricata's stream.reassembly.depth: of each direction so much is put in order. */
#define STREAM_DEPTH (1u << 20)
/* What waits for its ACK or its inspection, in pieces of up to a full segment and
 * what it takes to keep one; slabs of pieces of one size. */
#define STREAM_POOL_BYTES  (48u << 20)
#define STREAM_PIECE_BYTES 1728
#define STREAM_SLAB_BYTES  (64u << 10)
/* Of one direction: a full depth in full pieces takes 700; a list is walked. */
#define STREAM_PIECES_MAX 2048
/* Suricata's toserver-chunk-size and toclient-chunk-size, not randomised. */
#define STREAM_CHUNK_BYTES 2560
/* Suricata's request-body-minimal-inspect-size is 32 KiB, the response's 40. */
#define STREAM_WINDOW_MAX (64u << 10)
/* Chunks of one packet: each but the first stands behind a hole. */
#define STREAM_CHUNKS_MAX 64
/* Suricata's stream.max-synack-queued, and its like for SYNs. */
#define STREAM_SYNACKS_MAX 5
#define STREAM_SYNS_MAX	   4

/* --- app ------------------------------------------------------------------- */

/* A protocol that is not known by now is looked at no further. */
#define APP_PROBE_BYTES_MAX 4096
/* Of a direction that nobody knows, while the other may still tell. */
#define APP_WAIT_BYTES_MAX (32u << 10)
/* Open transactions of a flow: of one more the oldest ends; as in Suricata. */
#define APP_TX_MAX 512
/* Suricata's request-body-minimal-inspect-size, and the response's: rules on the
 * stream see so much of a message at once. */
#define HTTP_REQUEST_WINDOW  (32u << 10)
#define HTTP_RESPONSE_WINDOW (40u << 10)
/* First line or headers of an HTTP message; servers take 8 to 64 KiB. */
#define HTTP_HEADER_MAX (64u << 10)
#define HTTP_FIELDS_MAX 1024
/* What is kept of a body: Suricata's shipped request- and response-body-limit. */
#define HTTP_BODY_MAX 102400
/* Suricata's bound of a multipart body's boundary; the header of a part, as long as
 * servers take; parts that are files: forms have a few. */
#define HTTP_BOUNDARY_MAX    200
#define HTTP_PART_HEADER_MAX (16u << 10)
#define HTTP_PARTS_MAX	     256
/* A chunk's size and its extensions. */
#define HTTP_CHUNK_LINE_MAX 1024
/* Suricata's bounds of what a body may unpack to. */
#define HTTP_INFLATE_MAX   (1u << 20)
#define HTTP_INFLATE_RATIO 2048
/* A frame of HTTP/2 other than DATA that is kept whole: four times what peers
 * may send without asking (RFC 9113, 4.2). */
#define HTTP2_FRAME_MAX (64u << 10)
/* A table of HPACK; clients and servers of today ask for 4 to 64 KiB. */
#define HTTP2_TABLE_MAX (64u << 10)
/* Different numbers in the frames of one transaction. */
#define HTTP2_FACTS_MAX 64
/* A field is kept as it came, joined by name, and shown: so many copies. */
#define HTTP2_FIELD_COPIES 5
/* Frames of a flow that rules did not see yet; Suricata has a cap of its own. */
#define APP_FRAMES_MAX 256
/* What all parsers of a sensor hold together, bodies and headers. */
#define APP_BYTES_MAX (48u << 20)
/* Announced connections of the whole sensor, each for at most 30 s. */
#define EXPECT_MAX	64
#define EXPECT_NAME_MAX 256
/* Suricata's app-layer.protocols.ftp.max-line-length. */
#define FTP_LINE_MAX 4096
/* What a window of a file keeps of what was looked at: Suricata's
 * content-inspect-window (guide, "suricata.yaml", SMTP).  In all: what one packet
 * may bring, which is SMB_QUEUE_MAX that waited for it; then memory is given back. */
#define FILE_WINDOW_AGAIN 4096
#define FILE_WINDOW_MAX	  (9u << 20)
#define FILE_WINDOW_KEPT  (256u << 10)
/* What is kept of a file for the scanner, and of all of them until they are over:
 * office files and programs of a mail are smaller; the disk has them whole. */
#define FILE_COPY_MAX	(2u << 20)
#define FILE_COPIES_MAX (16u << 20)
/* What a file is: told by Suricata's least number of bytes on, and by at most so
 * many, of which a file that goes on keeps the first; tar needs 512, office files
 * some thousand.  libmagic's texts are shorter; its database has 8 MiB. */
#define FILE_MAGIC_AT_LEAST 512
#define FILE_MAGIC_BYTES    (64u << 10)
#define FILE_MAGIC_KEPT	    4096
#define FILE_MAGIC_TEXT_MAX 512
#define FILE_MAGIC_BASE_MAX (64 << 20)
/* Suricata's bounds of a command's and a reply's line (RFC 5321, section 4.5.3.1.4
 * says 512 with its end), and of any line that is held. */
#define SMTP_COMMAND_MAX 510
#define MIME_LINE_MAX	 4096
/* Commands of one client that wait for their replies. */
#define SMTP_PIPELINE_MAX   128
#define SMTP_RECIPIENTS_MAX 4096 /* bytes of all their addresses */
/* engine.md 3.3; a mail of 64 attachments is told of no further. */
#define MIME_DEPTH_MAX 8
#define MIME_FILES_MAX 64
/* Suricata's bounds (guide, "suricata.yaml", SMTP): header-value-depth, and 254
 * where RFC 2046, section 5.1.1 allows 70. */
#define MIME_FIELD_MAX	  2000
#define MIME_BOUNDARY_MAX 254
#define MIME_NAME_MAX	  256
/* RFC 4253, section 4.2 says 255, CR LF and all; Suricata reads one more. */
#define SSH_BANNER_MAX 256
/* Nearly twice what RFC 4253, section 6.1 has every side accept; only a key
 * exchange that came in pieces is held. */
#define SSH_RECORD_MAX 65535

/* Suricata's bounds of a name: text (RFC 1035 allows 255), labels and pointers. */
#define DNS_NAME_MAX   1025
#define DNS_LABELS_MAX 255
/* Questions that rules see; servers answer messages with one only. */
#define DNS_QUESTIONS_MAX 16
/* Answers whose type rules see; a message of 1,232 bytes holds 76 addresses. */
#define DNS_RECORD_TYPES_MAX 80

/* Handshake messages of one side; a chain of ten certificates has 20 KiB. */
#define TLS_HANDSHAKE_MAX (128u << 10)
/* Certificates and texts kept of one side: the chain, names, JA3. */
#define TLS_KEEP_MAX (256u << 10)
/* Certificates of a chain that rules see; browsers stop at ten. */
#define TLS_CHAIN_MAX 16
/* Numbers of one kind in a hello: browsers send twenty; JA4 counts to 99. */
#define JA4_LIST_MAX 512

/* What is held of a message of SMB: the largest that carries no data of a file,
 * which goes on as it comes once its head is there. */
#define SMB_RECORD_MAX (70u << 10)
#define SMB_DATA_HEAD  512
/* Of a share, a file, a user; Windows' paths have at most 260 letters mostly. */
#define SMB_NAME_MAX 1024
/* Trees and pipes that are open at one time in a flow. */
#define SMB_TREES_MAX 64
#define SMB_PIPES_MAX 16
/* Names of open files and of shares in a flow; an explorer has some dozens. */
#define SMB_NAMES_MAX 128
/* Reads that wait for their answer; clients have credit for as many. */
#define SMB_READS_MAX 128
/* Suricata's bounds of one read or write, and of writes and answers that came
 * before their turn, of one file; in bytes an eighth of Suricata's: the copies of
 * many clients run at a time. */
#define SMB_DATA_MAX   (16u << 20)
#define SMB_CHUNKS_MAX 64
#define SMB_QUEUE_MAX  (8u << 20)
/* What is kept of the stub of a call, all fragments; Suricata's bound. */
#define DCERPC_STUB_MAX (1u << 20)
/* Interfaces that binds of a flow agreed upon; a client has a few. */
#define DCERPC_IFACES_MAX 64

/* Values in values, Suricata's bound; numbers beyond this are none of the DHT's. */
#define BENCODE_DEPTH_MAX  3
#define BENCODE_DIGITS_MAX 18
/* Vendor IDs of a message; clients send a dozen. */
#define IKE_VENDORS_MAX 32
/* Texts of a message: a datagram, vendor IDs as hexadecimal. */
#define IKE_TEXT_MAX (192u << 10)
/* A message of Kerberos over TCP; tickets with a user's groups reach 64 KiB. */
#define KRB5_RECORD_MAX (128u << 10)
/* The name of a screen, or why a server refuses; people read them. */
#define RFB_TEXT_MAX (64u << 10)
/* Suricata's bound of CRYPTO, and what is kept of it with what was sent twice. */
#define QUIC_CRYPTO_MAX 65534
#define QUIC_HELD_MAX	(128u << 10)
/* Parts of a hello that wait for what is between; browsers cut it in a dozen. */
#define QUIC_RUNS_MAX 64
/* Texts of one packet: the numbers of a hello of the largest size. */
#define QUIC_TEXT_MAX (512u << 10)
/* Hellos of Google's in one packet; there is one. */
#define QUIC_CYU_MAX 4
/* Suricata's bound of a message; a longer one is told by its head only. */
#define MQTT_MESSAGE_MAX (1u << 20)
#define MQTT_HELD_MAX	 (MQTT_MESSAGE_MAX + 5) /* and its head */
/* Topics and reasons of a message that rules see: Suricata's bound of topics. */
#define MQTT_TOPICS_MAX 100
/* Suricata's bound of a text in records. */
#define MQTT_TOLD_MAX 1024
/* Messages of one exchange; there are four, and some are sent again. */
#define MQTT_EXCHANGE_MAX 16
/* Exchanges that wait for their end, below APP_TX_MAX; then all end. */
#define MQTT_TX_MAX 256

/* A message of DNP3 is at most 2,048 bytes if both sides agreed on no more (IEEE 1815,
 * 4.2.2.1). */
#define DNP3_MESSAGE_MAX (64u << 10)
/* Suricata's dnp3.max-points, max-objects and max-tx: of a message, and waiting. */
#define DNP3_POINTS_MAX	 16384
#define DNP3_OBJECTS_MAX 2048
#define DNP3_TX_FLOOD	 32
/* Objects of a message in records, 120 bytes each. */
#define DNP3_TOLD_MAX 64

/* Suricata's modbus.request-flood: requests that wait for their responses. */
#define MODBUS_TX_FLOOD 500

/* A message of PostgreSQL: the server takes no larger one. */
#define PGSQL_LENGTH_MAX (1u << 30)
/* What is kept of a message while it is read; queries are mostly shorter. */
#define PGSQL_MESSAGE_KEEP 8192
/* Of a query or an error in records. */
#define PGSQL_TOLD_MAX 4096

/* Services, their classes and attributes of a message of CIP; some hold 60 services. */
#define CIP_FACTS_MAX 512

/* What is kept of a message of NFS: credentials (400 bytes), two handles and names. */
#define NFS_KEEP 2048

/* --- detect ---------------------------------------------------------------- */

/* Suricata's limit of a rule's text. */
#define RULE_TEXT_MAX 8192
/* Suricata's own limits (engine.md 1.3): a search beyond them is no match. */
#define DETECT_RECURSION_MAX	    3000
#define DETECT_PCRE_MATCH_LIMIT	    3500
#define DETECT_PCRE_RECURSION_LIMIT 1500
/* Threshold counters: about 100 bytes each. */
#define DETECT_THRESHOLDS_MAX (128u * 1024)
/* xbits and hostbits: about 120 bytes each. */
#define DETECT_HOST_BITS_MAX (64u * 1024)
/* Hosts whose packets a tag keyword wants at one time. */
#define DETECT_TAGS_MAX 4096
/* A file of rules; ET Open is 40 MB. */
#define RULE_FILE_MAX (256u << 20)
/* Transforms behind one sticky buffer, and what one is given. */
#define TRANSFORMS_MAX	    8
#define TRANSFORM_VALUE_MAX 512
/* The largest buffer, a body or a chunk of a stream, and a little. */
#define TRANSFORM_BYTES_MAX (2u << 20)
/* Matches of one packet before thresholds; alerts beyond it are counted as discarded. */
#define DETECT_HITS_MAX 4096
/* Suricata's asn1-max-frames. */
#define ASN1_ELEMENTS_MAX 256
/* Suricata's bound of what base64_decode takes of a buffer. */
#define BASE64_BYTES_MAX 65535
/* Named sets of one ruleset, and of one set values and (if its rule says nothing,
 * as Suricata) bytes; a value costs about so much beside its own. */
#define DATASETS_MAX	   1024
#define DATASET_VALUES_MAX (4u << 20)
#define DATASET_BYTES_MAX  (100u << 20)
#define DATASET_VALUE_COST 64
#define DATASET_NAME_MAX   64
/* Suricata's numbers of categories, 1 to 59, and room for a short name.  Addresses, and
 * nets, of all lists: 24 bytes each; a file with more is refused at start. */
#define REPUTATION_CATEGORIES  60
#define REPUTATION_NAME_MAX    32
#define REPUTATION_ENTRIES_MAX (1u << 20)
#define REPUTATION_FILE_MAX    (64u << 20)

/* --- bundles ------------------------------------------------------------------ */

/* ET Open with databases for three kinds of processor is 100 MB. */
#define BUNDLE_BYTES_MAX (1ull << 30)
/* A part a file of rules, of YARA rules and of values, and a database. */
#define BUNDLE_PARTS_MAX 65536
#define BUNDLE_TABLE_MAX (16u << 20)
#define BUNDLE_NAME_MAX	 4096 /* of a file, as the system has it */

/* --- records ---------------------------------------------------------------- */

/* Alerts that wait when a queue is full: about 2,000 of 2 KiB. */
#define RECORD_OVERFLOW_MAX (4u << 20)
/* A record of --eve-payload: 64 KiB as base64 twice and as text with escapes. */
#define EVENT_JSON_OFFLINE_MAX (512u * 1024)
/* Suricata's payload-buffer-size: of a stream so much is told with an alert. */
#define EVENT_STREAM_BYTES_MAX 4096
/* Pairs of hosts whose nDPI risks are remembered: 24 bytes each. */
#define EVENT_CALM_PAIRS 16384
#define EVENT_CALM_US	 (3600 * 1000000ll)

/* --- spool and forwarder ------------------------------------------------------ */

/* A segment: small enough to give up one at a time, large enough to be few. */
#define SPOOL_SEGMENT_BYTES (8u << 20)
/* Four classes write one each, and giving up needs a closed one to give. */
#define SPOOL_QUOTA_SEGMENTS_MIN 6
/* Acknowledged segments stay a day, for a collector restored from a backup. */
#define SPOOL_KEEP_US (24 * 3600 * 1000000ll)
/* Health and alerts reach the disk in 200 ms (this and a tick), or by bytes. */
#define SPOOL_SYNC_US	      150000
#define SPOOL_SYNC_FINDING_US 2000000
#define SPOOL_SYNC_BYTES      (256u << 10)
/* An epoch is a boot or a mishap; so many unsent ones are years of them. */
#define SPOOL_EPOCHS_MAX 1024
/* What is read ahead of one segment. */
#define SPOOL_WINDOW_BYTES (256u << 10)
/* Unanswered batches: 8 MB on the way fill a wide-area line. */
#define FORWARD_WINDOW 32
/* An answer takes a commit, which takes milliseconds; then the line is given up. */
#define FORWARD_ANSWER_US      5000000ll
#define FORWARD_BACKOFF_MIN_US 500000ll
#define FORWARD_BACKOFF_MAX_US 30000000ll
/* The same complaint about the line comes again after this long. */
#define FORWARD_TELL_US (600 * 1000000ll)
/* Names are resolved before the sandbox closes: to do it again the forwarder is
 * started again, soon when no collector's name had an address. */
#define FORWARD_RESOLVE_US	(300 * 1000000ll)
#define FORWARD_RESOLVE_SOON_US (30 * 1000000ll)
/* The collector calls an agent silent after 60 s. */
#define FORWARD_PING_US 10000000ll
/* Sending yields to the queues this often. */
#define FORWARD_TURN_US 20000
/* Record queues of one forwarder: sensors and the scanner. */
#define FORWARD_QUEUES_MAX 64
/* Records taken from one queue before the others get their turn. */
#define FORWARD_QUEUE_TURN 256

/* --- scanner ---------------------------------------------------------------- */

/* signature-base, the largest public set, has 742 files of at most 400 KiB. */
#define YARA_FILES_MAX 10000
#define YARA_FILE_MAX  (16u << 20)
/* What one set of rules may take for one file; then it is split (yara.h). */
#define SCAN_TIMEOUT_S 20
/* What one file and all its members may take; then no further member is begun. */
#define SCAN_FILE_US (120 * 1000000ll)
/* Of a larger file the first bytes are scanned, and that is told. */
#define SCAN_FILE_MAX (256ull << 20)
/* An archive in an archive is opened; deeper ones are scanned as they are. */
#define ARCHIVE_DEPTH_MAX 2
/* A source tree of this size exists; more is a way to keep the scanner busy. */
#define ARCHIVE_MEMBERS_MAX 10000
/* Held in memory, once a level. */
#define ARCHIVE_MEMBER_MAX (32u << 20)
/* Unpacked bytes of one file and all archives in it. */
#define ARCHIVE_BYTES_MAX (512ull << 20)
/* Office files reach 30 to 1; beyond this, after the first bytes, it is a bomb. */
#define ARCHIVE_RATIO_MAX   200
#define ARCHIVE_RATIO_AFTER (16u << 20)
/* Remembered files of an offline scan (--cache): about 300 bytes each. */
#define SCAN_CACHE_MAX	     2000000
#define SCAN_CACHE_BYTES_MAX (1u << 30)
/* Records of one file of an offline scan: 1,000 rules of 60 KiB. */
#define SCAN_LINES_MAX (60u << 20)
/* Files waiting for the scanner: a path each. */
#define WATCH_PENDING_MAX 4096
/* Files the scanner holds at once: a descriptor each. */
#define WATCH_IN_HAND_MAX 8
/* Folders deeper than this are not walked (nor is a tree made to loop). */
#define WATCH_DEPTH_MAX 64
/* Entries of a walk at one go: some milliseconds. */
#define WATCH_STEPS_MAX 2000
/* inotify: one watch a folder; the kernel's own limit is about this. */
#define WATCH_FOLDERS_MAX 65536

#endif
