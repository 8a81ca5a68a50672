/** Stand-ins for what DKMS builds modules with. Pure. */

/**
 * Stands in for the kernel's build system: compiles the modules that obj-m names into files that modinfo can read, and which hold
 * nothing a kernel could run. DKMS calls it as it calls the real one.
 * @param folder where the headers lie on the host
 */
export const kbuild = (folder: string): string => `include $(M)/Makefile
.DEFAULT_GOAL := modules
modules: $(addprefix $(M)/,$(obj-m:.o=.ko))
$(M)/%.ko: $(M)/%.c
	gcc -nostdinc -I${folder}/include -DKBUILD_MODNAME='"$*"' -c -o $@ $<
clean:
	rm -f $(M)/*.ko
`;

/** What a module of a fixture includes. */
export const moduleHeader = (release: string): string => `#define TB_INFO2(line, text) static const char tb_info_##line[] __attribute__((section(".modinfo"), used)) = text;
#define TB_INFO1(line, text) TB_INFO2(line, text)
#define TB_INFO(text) TB_INFO1(__COUNTER__, text)
#define MODULE_LICENSE(x) TB_INFO("license=" x) TB_INFO("name=" KBUILD_MODNAME) TB_INFO("vermagic=${release} SMP preempt mod_unload modversions ")
#define MODULE_DESCRIPTION(x) TB_INFO("description=" x)
#define MODULE_AUTHOR(x) TB_INFO("author=" x)
#define MODULE_FIRMWARE(x) TB_INFO("firmware=" x)
#define MODULE_VERSION(x) TB_INFO("version=" x)
#define module_init(f)
#define module_exit(f)
#define __init
#define __exit
`;

/** Settings that tools on the host ask a configuration file for. */
const CONFIG: Readonly<Record<string, string>> = {
  MODULES: 'y', MODULE_SIG: 'y', MODVERSIONS: 'y', BLK_DEV_INITRD: 'y', RD_GZIP: 'y', RD_ZSTD: 'y', RD_XZ: 'y', RD_LZ4: 'y', EXT4_FS: 'm', VIRTIO_BLK: 'm', VIRTIO_PCI: 'y', XFS_FS: 'm',
  DEVTMPFS: 'y', TMPFS: 'y', CGROUPS: 'y', PSTORE: 'y', EFI_STUB: 'y', WATCHDOG: 'y', WATCHDOG_CORE: 'y', SOFT_WATCHDOG: 'm', PREEMPT_DYNAMIC: 'y', KEXEC: 'y', CRASH_DUMP: 'y',
};

/** The configuration of a kernel, as far as tools read it. */
export const configText = (uname: string): string => `# Stand-in of the lab for the configuration of ${uname}\n${Object.entries(CONFIG).map(([name, value]) => `CONFIG_${name}=${value}\n`).join('')}`;
